/*
 * Real servers and our own programs for tests. Nothing here is published.
 */

export { freePort } from '../freePort.ts'
export {
  backUpPostgres,
  type PostgresBackup,
  type PostgresStandby,
  startStandby,
} from '../postgres/copyPostgres.ts'
export { findPostgres, type SharedPostgres } from '../postgres/findPostgres.ts'
export type { PostgresPrograms } from '../postgres/findPostgresPrograms.ts'
export { type Pooler, startPooler } from '../postgres/startPooler.ts'
export { type PostgresServer, startPostgres } from '../postgres/startPostgres.ts'
export { namesUnder, readSettingsTable } from '../readSettingsTable.ts'
export { findRedis, type SharedRedis } from '../redis/findRedis.ts'
export type { RedisProgram } from '../redis/findRedisServer.ts'
export { type RedisOptions, type RedisServer, startRedis } from '../redis/startRedis.ts'
export { type RedisCluster, startRedisCluster } from '../redis/startRedisCluster.ts'
export { type SpawnedProgram, spawnProgram, untilUp, urlOf } from '../spawnProgram.ts'
export { type LossyProxy, startLossyProxy } from '../startLossyProxy.ts'
