import type { UserConfig } from 'tsdown'
import { build } from '../../tsdown.shared.ts'

const config: UserConfig = build(['src/exports/index.ts'])

export default config
