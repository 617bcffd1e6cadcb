/*
 * The refund schedule of many replicas. Needs bullmq and ioredis, which the rest of this package
 * does not know.
 */
export {
  type PassTrigger,
  type RefundQueue,
  type RefundQueueOptions,
  startRefundQueue,
} from '../bullmq/startRefundQueue.ts'
