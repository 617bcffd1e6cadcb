import type { UserConfig } from 'tsdown'
import { build } from '../../tsdown.shared.ts'

const config: UserConfig = build(['src/main.ts'])

export default config
