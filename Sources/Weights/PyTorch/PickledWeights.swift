import Support

extension WeightsFile.Format {
  /// `torch.save` since PyTorch 1.6.
  public static let pyTorchZip = WeightsFile.Format("PyTorch (zip)")
  /// `torch.save` before, or with `_use_new_zipfile_serialization=False`.
  public static let pyTorchLegacy = WeightsFile.Format("PyTorch (before 1.6)")
  /// A pickled dictionary of NumPy arrays.
  public static let numPyPickle = WeightsFile.Format("a pickle of NumPy arrays")
}

extension WeightsReader {
  static let pickles = WeightsReader(
    name: "pickles", recognises: { bytes, _ in isPickle(bytes) || ZipDirectory.isArchive(bytes) },
    open: { (file, bytes, _) throws(Problem) in try PyTorchFile(file, bytes) })

  /// Whether the bytes begin as a pickle does, and not as a safetensors file, whose header's length can begin alike.
  private static func isPickle(_ bytes: FileBytes) -> Bool {
    guard bytes.count > 2 else { return false }
    if ContentKind.hasSafetensorsHeader(bytes) { return false }
    if bytes[0] == 0x80 { return (1...5).contains(bytes[1]) }
    // Protocols 0 and 1 have no number: they begin with a dictionary, with the name of one, or with the magic number of
    // torch.save's older format.
    let starts = [
      "(dp", "}q", "ccollections\n", "c__builtin__", "ccopy_reg\n", "cos\n", "cposix\n", "L119547037146038801333356L\n",
    ]
    return starts.contains { bytes.starts(with: $0.utf8) }
  }
}
