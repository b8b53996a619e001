extension Int {
  /// Rounded up to whole cache lines of 16 floats.
  public var paddedToCacheLine: Int { (self + 15) / 16 * 16 }
}
