/** The library's schema, as the list of steps that made it. Append only: a step that has shipped is never edited. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime INTEGER NOT NULL,
    title TEXT NOT NULL,
    date TEXT,
    ordered_at INTEGER NOT NULL,
    tags TEXT NOT NULL,
    rating REAL,
    words INTEGER NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    decided INTEGER NOT NULL DEFAULT 0,
    question TEXT,
    authors TEXT NOT NULL,
    draft INTEGER NOT NULL,
    text TEXT NOT NULL,
    reader INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX documents_hash ON documents(hash);
  CREATE INDEX documents_order ON documents(ordered_at, path);
  CREATE TABLE passages (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    embedded INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX passages_document ON passages(document, position);
  CREATE TABLE skipped (path TEXT PRIMARY KEY, reason TEXT NOT NULL) STRICT;
  CREATE TABLE answers (question TEXT PRIMARY KEY, mine INTEGER NOT NULL, at TEXT NOT NULL) STRICT;
  CREATE TABLE conversations (id TEXT PRIMARY KEY, title TEXT NOT NULL, at TEXT NOT NULL) STRICT;
  CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    parent TEXT REFERENCES messages(id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    at TEXT NOT NULL,
    voice TEXT,
    sources TEXT NOT NULL,
    stopped INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX messages_conversation ON messages(conversation);
  CREATE TABLE headlines (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    text TEXT NOT NULL,
    candidates TEXT NOT NULL,
    picked TEXT,
    edited TEXT,
    voice TEXT
  ) STRICT;
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    folder TEXT NOT NULL,
    created_at TEXT NOT NULL,
    stage TEXT NOT NULL,
    base TEXT NOT NULL,
    voice TEXT,
    options TEXT NOT NULL
  ) STRICT;
  CREATE TABLE voices (id TEXT PRIMARY KEY, card TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE UNIQUE INDEX voices_active ON voices(active) WHERE active = 1;
  CREATE TABLE models (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    role TEXT NOT NULL,
    added_at TEXT NOT NULL,
    facts TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE labels (
    id TEXT PRIMARY KEY,
    task TEXT NOT NULL,
    at TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    text TEXT NOT NULL,
    offered TEXT NOT NULL,
    picked TEXT,
    voice TEXT
  ) STRICT;
  `,
  `
  CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    named INTEGER NOT NULL,
    created TEXT NOT NULL,
    at TEXT NOT NULL,
    words INTEGER NOT NULL,
    file TEXT,
    learn INTEGER NOT NULL DEFAULT 0,
    matter TEXT,
    text TEXT NOT NULL,
    spans TEXT NOT NULL,
    history TEXT,
    revision INTEGER NOT NULL,
    removed TEXT,
    turn INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE draft_versions (
    id TEXT PRIMARY KEY,
    draft TEXT NOT NULL REFERENCES drafts(id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    why TEXT NOT NULL,
    title TEXT NOT NULL,
    words INTEGER NOT NULL,
    size INTEGER NOT NULL,
    text TEXT NOT NULL,
    spans TEXT NOT NULL
  ) STRICT;
  CREATE INDEX draft_versions_draft ON draft_versions(draft);
  CREATE TABLE draft_files (
    draft TEXT NOT NULL REFERENCES drafts(id) ON DELETE CASCADE,
    file TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (draft, file)
  ) STRICT;
  `,
  `
  CREATE TABLE voice_uses (id INTEGER PRIMARY KEY, at TEXT NOT NULL, voice TEXT, name TEXT) STRICT;
  CREATE TABLE voice_reports (
    voice TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (voice, kind)
  ) STRICT;
  CREATE TABLE trials (
    id TEXT PRIMARY KEY,
    voice TEXT NOT NULL,
    at TEXT NOT NULL,
    document TEXT NOT NULL,
    title TEXT NOT NULL,
    date TEXT,
    task TEXT NOT NULL,
    opening TEXT NOT NULL,
    options TEXT NOT NULL,
    picked INTEGER,
    picked_at TEXT
  ) STRICT;
  CREATE INDEX trials_voice ON trials(voice, at);
  `,
  `
  ALTER TABLE conversations ADD COLUMN head TEXT;
  ALTER TABLE messages ADD COLUMN cut INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE messages ADD COLUMN seen TEXT;
  CREATE INDEX messages_parent ON messages(parent);
  ALTER TABLE headlines ADD COLUMN authors TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE headlines ADD COLUMN rejected TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE headlines ADD COLUMN blind TEXT;
  ALTER TABLE headlines ADD COLUMN blind_pick TEXT;
  `,
  // The library's space: folders that were read, folders that are not learned from, and the passages' words with
  // their stems. Triggers keep the words in step; a passage's text never changes.
  `
  CREATE TABLE folders (
    path TEXT PRIMARY KEY,
    added_at TEXT NOT NULL,
    read_at TEXT,
    watched INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE exclusions (folder TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT;
  CREATE INDEX passages_embedded ON passages(embedded);
  CREATE VIRTUAL TABLE passage_words USING fts5(
    title, text, content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2'
  );
  INSERT INTO passage_words (rowid, title, text)
    SELECT p.rowid, d.title, p.text FROM passages p JOIN documents d ON d.id = p.document;
  CREATE TRIGGER passages_added AFTER INSERT ON passages BEGIN
    INSERT INTO passage_words (rowid, title, text)
      VALUES (new.rowid, (SELECT title FROM documents WHERE id = new.document), new.text);
  END;
  CREATE TRIGGER passages_removed AFTER DELETE ON passages BEGIN
    DELETE FROM passage_words WHERE rowid = old.rowid;
  END;
  `,
  `
  CREATE TABLE label_rows (
    task TEXT NOT NULL,
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    before TEXT,
    result TEXT,
    picked TEXT,
    error TEXT,
    PRIMARY KEY (task, document)
  ) STRICT;
  CREATE TABLE label_choices (
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    task TEXT NOT NULL,
    value TEXT NOT NULL,
    file TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (document, task)
  ) STRICT;
  CREATE TABLE label_originals (
    id TEXT PRIMARY KEY,
    task TEXT NOT NULL,
    document TEXT NOT NULL,
    path TEXT NOT NULL,
    at TEXT NOT NULL,
    original TEXT NOT NULL,
    before_hash TEXT NOT NULL,
    written_hash TEXT NOT NULL,
    file TEXT NOT NULL,
    restored INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  `,
  `
  ALTER TABLE skipped ADD COLUMN said TEXT;
  `,
  // What the owner removed; kind: `file` (value: its path) or `text` (value: its hash).
  `
  CREATE TABLE removed (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (kind, value)
  ) STRICT;
  `,
  `
  ALTER TABLE label_rows ADD COLUMN said TEXT;
  `,
  // What the assistant wrote in drafts that are deleted: runs of its words as numbers.
  `
  CREATE TABLE foreign_runs (run INTEGER PRIMARY KEY, created INTEGER NOT NULL) STRICT;
  `,
  // When something was chosen, not when it was suggested or begun. And of single texts that tags or a score were
  // suggested for, only those stay that the owner picked for: the others were kept whole, seen by nobody.
  `
  ALTER TABLE headlines ADD COLUMN picked_at TEXT;
  ALTER TABLE drafts ADD COLUMN learn_at TEXT;
  DELETE FROM labels WHERE picked IS NULL;
  `,
]
