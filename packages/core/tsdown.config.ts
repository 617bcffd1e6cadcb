import { build } from '../../tsdown.shared.ts'

export default build(['src/exports/index.ts', 'src/exports/memory.ts', 'src/exports/testing.ts'])
