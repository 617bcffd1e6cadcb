import { build } from '../../tsdown.shared.ts'

export default build(['src/exports/index.ts', 'src/cli.ts'])
