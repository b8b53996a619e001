import Datasets
import Foundation
import Images
import Support

/// Pictures of one colour each, drawn into a folder: one more source is this file and one line where it is registered.
struct ColourSource: DataSource {
  static let key = "colours"
  static let help = "Squares of one colour, one for each label."
  static let standardSplit = Split.all
  static let options: [DeclaredOption<ColourSource>] = [
    DeclaredOption(
      "folder", \.folder, OptionKind.path.optional(), required: "folder: colours", help: "Where they are drawn."),
    DeclaredOption("count", \.count, .wholeNumber(in: 1...8), help: "How many labels."),
  ]

  var folder: ExperimentPath?
  var count = 2

  func open(_ selection: DataSelection) throws(Problem) -> Dataset {
    guard let folder else { throw .usage("`data.folder` is missing") }
    let root = URL(filePath: folder.resolved, directoryHint: .isDirectory)
    var images: [LabelledImage] = []
    for label in 0..<count {
      let shade = UInt8(40 + 200 * label / count)
      // A gradient from left to right, so that maps are not flat.
      let pixels = (0..<32 * 32).flatMap { (place: Int) -> [UInt8] in
        [shade, UInt8(place % 32 * 8), UInt8(place / 32 * 8)]
      }
      let name = "colour\(label).png"
      try FileManager.default.makeFolder(root)
      try AtomicFile.write(
        ImageEncoder.png(RGBImage(width: 32, height: 32, pixels: pixels)), to: root.appending(path: name).path)
      images.append(LabelledImage(path: name, url: root.appending(path: name), label: label))
    }
    return Dataset(name: "colours", root: root, classNames: (0..<count).map { "colour \($0)" }, images: images)
  }
}

extension FileManager {
  fileprivate func makeFolder(_ url: URL) throws(Problem) {
    do {
      try createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw .failure(at: Place(file: url.path), "the folder cannot be made")
    }
  }
}
