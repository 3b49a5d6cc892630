/** Which models of the catalog voices can be trained on. */
import type { ModelInfo, Said } from '../../../preload/contract.ts'
import type { CatalogModel } from '../../catalog/catalog.ts'
import { readGguf } from '../../gguf/read.ts'
import { ARCHITECTURES } from '../../model/architectures.ts'
import { readHyperparameters } from '../../model/hyperparameters.ts'
import { english, saidOf, say } from '../../said.ts'

/** Can voices be trained on it, and if not, why: read from the file where it is there, else from its manifest. */
export function trainability(model: CatalogModel): Pick<ModelInfo, 'trainable' | 'whyNot' | 'said'> {
  if (model.role === 'embedder') return notTrainable(say('base.embedder'))
  if (!model.path) {
    const known = (ARCHITECTURES as readonly string[]).includes(model.architecture ?? '')
    return known ? TRAINABLE : notTrainable(say('base.architecture', String(model.architecture)))
  }
  try {
    readHyperparameters(readGguf(model.path))
    return TRAINABLE
  } catch (error) {
    return notTrainable(saidOf(error))
  }
}

const TRAINABLE = { trainable: true, whyNot: null, said: null }
const notTrainable = (said: Said): { trainable: boolean; whyNot: string; said: Said } => ({
  trainable: false,
  whyNot: english(said),
  said,
})
