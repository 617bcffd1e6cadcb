/* Starts a server, says its process id, and waits to be killed. */
import { startProgram } from '../src/startProgram.ts'

const program = startProgram('/bin/sleep', ['600'], '/')
process.stdout.write(`${program.pid}\n`)
setInterval(() => {}, 60_000)
