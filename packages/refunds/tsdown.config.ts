import type { UserConfig } from 'tsdown'
import { build } from '../../tsdown.shared.ts'

const config: UserConfig = build(['src/exports/index.ts', 'src/exports/bullmq.ts'])

export default config
