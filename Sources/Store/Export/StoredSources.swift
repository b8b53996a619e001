import Results
import Support

extension ResultsStore {
  /// The rows of a run, with their raw maps, read where they are asked for; nothing is summarised.
  /// - Throws: `Problem` where rows are missing or the store is damaged.
  public func rows(of run: StoredRun) throws(Problem) -> any MeasurementSource { try StoredMeasurements(run, in: self) }

  /// Inputs as the store kept them, and the directions of attacks.
  public func pictures(of run: StoredRun) -> any PictureSource { StorePictures(store: self, run: run, maker: nil) }
}
