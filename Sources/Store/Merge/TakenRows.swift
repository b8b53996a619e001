import Support

/// What one store took up of another.
public struct TakenRows: Sendable, Hashable {
  /// Measurements that were not there before.
  public var rows = 0
  /// Passes of a model over an image that were there already, to the last bit.
  public var knownPasses = 0
  /// Values that are there and are others in the store that was taken: the ones that were there stay.
  public var conflicts: [StoreConflict] = []
  /// Passes that are not what was stored of them and were left; they count as missing.
  public var damagedPasses = 0
  /// Pictures and directions of attacks, likewise.
  public var damagedPictures = 0

  /// What is wrong with the store that was taken, as a sentence; nil where nothing is.
  public var damage: String? {
    guard damagedPasses + damagedPictures > 0 else { return nil }
    let parts =
      (damagedPasses > 0 ? ["\(damagedPasses) pass\(damagedPasses == 1 ? "" : "es")"] : [])
      + (damagedPictures > 0 ? ["\(damagedPictures) picture\(damagedPictures == 1 ? "" : "s")"] : [])
    return
      "\(listInWords(parts)) \(damagedPasses + damagedPictures == 1 ? "is" : "are") not what was stored, and "
      + "\(damagedPasses + damagedPictures == 1 ? "was" : "were") left out"
  }
}
