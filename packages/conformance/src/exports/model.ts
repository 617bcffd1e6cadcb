/*
 * A model of a `ChallengeStore`, and random sequences of commands that lead a store beside it. It
 * finds what nobody thought of writing a law about.
 */
export { modelSettings, type StoreModelOptions, storeModel } from '../model/storeModel.ts'
