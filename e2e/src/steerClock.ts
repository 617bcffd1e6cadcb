/*
 * Loaded before a program (`node --import`): each SIGUSR2 takes its clock on by more than the three
 * days for which notifications are retried.
 */
const readClock = Date.now
let aheadMs = 0
Date.now = () => readClock() + aheadMs
process.on('SIGUSR2', () => {
  aheadMs += 73 * 3_600_000
})
