import { build } from '../../tsdown.shared.ts'

export default build(['src/exports/store.ts', 'src/exports/chain.ts'])
