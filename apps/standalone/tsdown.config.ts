import { build } from '../../tsdown.shared.ts'

export default build(['src/main.ts'])
