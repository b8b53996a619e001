import Results
import Support

/// The images that several runs measured, by their content: whatever their files are called.
struct CommonImages: Sendable {
  /// Under the names, and in the order, of the first run.
  private(set) var images: [ImageRecord] = []
  /// On which of them every run ran the control.
  private(set) var control: Set<String> = []
  /// Of each run: on how many of them it ran the control.
  private(set) var controlCounts: [Int]
  /// Of each run: how many it measured.
  let measured: [Int]
  /// An image that a run has with other labels than the first, and none of the first's.
  struct OtherLabel: Sendable, Equatable {
    /// In the first run.
    var path: String
    /// In the first run.
    var label: Int
    /// In the other one.
    var other: Int
    /// Into the runs.
    var run: Int
  }

  /// The first such image, and how many there are.
  private(set) var otherLabels: (first: OtherLabel, count: Int)?
  /// Of each run: images of the first whose bytes it has as well, cut out otherwise.
  private(set) var otherAlignments: [Int]

  /// What values depend on of an image; files of the same bytes are told apart by their number.
  private struct Content: Hashable {
    var picture: Picture
    var label: Int
    var number: Int
  }

  private struct Picture: Hashable {
    var sha256: String
    var alignment: String?
  }

  private static func picture(_ image: ImageRecord) -> Picture {
    Picture(sha256: image.sha256, alignment: image.alignment)
  }

  /// The contents of a run's images, in their order.
  private static func contents(_ images: [ImageRecord]) -> [Content] {
    var counts: [Content: Int] = [:]
    return images.map { image in
      var content = Content(picture: picture(image), label: image.label, number: 0)
      let number = counts[content, default: 0]
      counts[content] = number + 1
      content.number = number
      return content
    }
  }

  /// - Parameter runs: at least one.
  init(_ runs: [StoredRun]) {
    measured = runs.map(\.images.count)
    otherAlignments = runs.map { _ in 0 }
    controlCounts = runs.map { _ in 0 }
    guard let first = runs.first else { return }
    let contents = Self.contents(first.images)
    var isCommon = [Bool](repeating: true, count: contents.count)
    var hasControl = first.images.map { first.controlImages.contains($0.path) }
    var controls = [hasControl]
    for (index, run) in runs.enumerated().dropFirst() {
      let control = run.controlImages
      let places = Dictionary(
        zip(Self.contents(run.images), run.images), uniquingKeysWith: { first, _ in first })
      var own = [Bool](repeating: false, count: contents.count)
      for place in contents.indices {
        guard let image = places[contents[place]] else {
          isCommon[place] = false
          continue
        }
        own[place] = control.contains(image.path)
        if !own[place] { hasControl[place] = false }
      }
      controls.append(own)
      compareLabels(first, run, index)
    }
    for place in contents.indices where isCommon[place] {
      images.append(first.images[place])
      if hasControl[place] { control.insert(first.images[place].path) }
      for run in runs.indices where controls[run][place] { controlCounts[run] += 1 }
    }
  }

  /// Finds images of the first run that another one has with no label in common, or cut out otherwise.
  private mutating func compareLabels(_ first: StoredRun, _ run: StoredRun, _ index: Int) {
    var labels: [Picture: Set<Int>] = [:]
    var sums: [String: Set<String?>] = [:]
    for image in run.images {
      labels[Self.picture(image), default: []].insert(image.label)
      sums[image.sha256, default: []].insert(image.alignment)
    }
    // The same bytes may have several labels in one run; those that the other does not have are not common, and no contradiction.
    let own = Dictionary(grouping: first.images, by: Self.picture).mapValues { Set($0.map(\.label)) }
    for image in first.images {
      if let alignments = sums[image.sha256], !alignments.contains(image.alignment) { otherAlignments[index] += 1 }
      guard let found = labels[Self.picture(image)], let other = found.min(),
        own[Self.picture(image)]?.isDisjoint(with: found) ?? true
      else {
        continue
      }
      if otherLabels == nil {
        otherLabels = (OtherLabel(path: image.path, label: image.label, other: other, run: index), 1)
      } else {
        otherLabels?.count += 1
      }
    }
  }
}
