import Support

/// The part of a set of images that is used: 80% of each label's images for training, 10% for validation, 10% for
/// testing.
public enum Split: String, Sendable, Hashable, CaseIterable, Codable {
  /// All images, of every part.
  case all
  case train
  case validation
  case test
}

extension Dataset {
  /// The images of one part, and of these at most `limit`.
  ///
  /// The images of a label are ranked by the SHA-256 of "seed/folder/file". Of n images the first
  /// max(1, floor(n / 10 + 1/2)) are for testing (none when n is 1), the next as many for validation (none when n is
  /// less than 3), the rest for training: a new image of one label moves no image of another.
  /// Data that name the part of each image themselves (`parts`) are taken at their word.
  /// `limit` takes first the best-ranked image of every label, then the second, and so on, those of one rank in the
  /// order of their sums.
  /// - Returns: the same class names; images by label and file name.
  /// - Throws: `Problem` of kind `.usage` when nothing is left, or the limit is below 1.
  public func selecting(_ split: Split, seed: Int, limit: Int? = nil) throws(Problem) -> Dataset {
    if let limit, limit < 1 { throw .usage("the limit is \(limit)", remedy: "`limit` must be at least 1.") }
    // Where all are wanted their ranks are not.
    if split == .all, images.count <= limit ?? .max { return try selecting(images) }
    var chosen: [(rank: Int, digest: String, image: LabelledImage)] = []
    for own in Dictionary(grouping: images, by: \.label).values {
      var ranked = own.map { (Checksum.sha256(Array("\(seed)/\($0.path)".utf8)), $0) }.sorted { $0.0 < $1.0 }
      if let parts {
        if split != .all { ranked.removeAll { parts[$0.1.path] != split } }
        for (rank, image) in ranked.enumerated() { chosen.append((rank, image.0, image.1)) }
        continue
      }
      let part = Split.range(split, of: ranked.count)
      for (rank, index) in part.enumerated() { chosen.append((rank, ranked[index].0, ranked[index].1)) }
    }
    if let limit, chosen.count > limit {
      chosen.sort { ($0.rank, $0.digest) < ($1.rank, $1.digest) }
      chosen = Array(chosen.prefix(limit))
    }
    return try selecting(chosen.map(\.image), of: split)
  }

  private func selecting(_ chosen: [LabelledImage], of split: Split = .all) throws(Problem) -> Dataset {
    guard !chosen.isEmpty else {
      throw .usage(
        "the \(split.rawValue) part of the data has no images",
        remedy: "With so few images per label choose `split: all`.")
    }
    let selected = chosen.sorted {
      $0.label != $1.label ? $0.label < $1.label : $0.path.precedes($1.path)
    }
    var dataset = self
    dataset.images = selected
    return dataset
  }
}

extension Split {
  /// The ranks of a part among `count` images of a label.
  static func range(_ split: Split, of count: Int) -> Range<Int> {
    let tenth = max(1, Int((Double(count) * 0.1 + 0.5).rounded(.down)))
    let test = count >= 2 ? tenth : 0
    let validation = count >= 3 ? tenth : 0
    switch split {
    case .all: return 0..<count
    case .test: return 0..<test
    case .validation: return test..<(test + validation)
    case .train: return (test + validation)..<count
    }
  }
}
