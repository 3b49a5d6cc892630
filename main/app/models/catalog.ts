/** The catalog of a data folder: where its manifests, files and list stand. */
import path from 'node:path'
import { type Catalog, createCatalog } from '../../catalog/catalog.ts'
import { projectFolder } from '../../entries.ts'
import { catalogFolder, modelsFolder, otherModelFolders } from '../data-folder.ts'

/** Errors: IdiolectError `BadManifest`. */
export function openCatalog(dataFolder: string): Catalog {
  const project = projectFolder()
  return createCatalog({
    manifests: catalogFolder(project),
    models: modelsFolder(dataFolder),
    added: path.join(dataFolder, 'added-models.json'),
    lookIn: otherModelFolders(project, dataFolder),
  })
}
