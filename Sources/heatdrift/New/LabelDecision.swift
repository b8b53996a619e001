import Datasets
import Foundation
import Support

/// Whether the labels of the images are the networks' classes, and by which list, as far as counts and names tell.
struct LabelDecision {
  /// Lines for `data` of the experiment file: `classes: imagenet-torchvision`.
  private(set) var lines: [String] = []
  let areClasses: Bool
  /// Why, as a sentence.
  let remark: String

  /// - Parameters:
  ///   - lists: files that may name the classes, absolute.
  ///   - written: a path as the experiment file is to have it.
  init(_ images: FoundImages, _ models: [FoundModel], lists: [String], written: (String) -> String) {
    let outputs = Set(models.compactMap(\.outputs))
    let networks = models.count == 1 ? "the network has" : "the networks have"
    let counts = outputs.sorted().map { Console.grouped($0) }.joined(separator: " and ") + " outputs"
    func unrelated(_ why: String) -> (Bool, String) {
      (
        false,
        "\(why): labels are taken for no classes of theirs (`labels: unrelated`), and reports speak of predictions that held."
      )
    }
    switch images.kind {
    case .folder:
      let count = images.classes.count
      if outputs == [count] {
        (areClasses, remark) = (
          true,
          "\(count) class folders, and \(networks) \(counts): folders are the classes in the order of their names."
        )
        return
      }
      let root = URL(filePath: images.path)
      if outputs == [1000], (try? Dataset.folder(root))?.isImageNet == true {
        lines = ["classes: \(KnownClasses.torchvision.rawValue)"]
        (areClasses, remark) = (
          true, "\(count) class folders are called as classes of ImageNet: they have ImageNet's indices."
        )
        return
      }
      for list in lists {
        guard let names = try? ClassNames(contentsOf: URL(filePath: list)),
          let data = try? Dataset.folder(root, classes: names), data.numbering == .named || data.numbering == .given,
          let most = data.images.map(\.label).max(), outputs.allSatisfy({ most < $0 }),
          data.numbering == .given || outputs == [data.classNames.count]
        else { continue }
        lines = ["classes: \(scalar(written(list)))"]
        (areClasses, remark) = (
          true, "\(visible(written(list))) says which output each of the \(count) class folders is."
        )
        return
      }
      (areClasses, remark) = unrelated("\(Console.count(count, "class folder")), but \(networks) \(counts)")
    case .manifest:
      guard let data = try? Dataset.manifest(URL(filePath: images.path)), let most = data.images.map(\.label).max()
      else {
        (areClasses, remark) = unrelated("the list's labels could not be read")
        return
      }
      let isWhole = data.numbering == .given ? outputs.allSatisfy { most < $0 } : outputs == [data.classNames.count]
      (areClasses, remark) =
        isWhole
        ? (true, "Labels up to \(most), and \(networks) \(counts): labels are the classes.")
        : unrelated("\(Console.count(data.classNames.count, "label")), but \(networks) \(counts)")
    case .vggface2:
      let train = (try? FileManager.default.contentsOfDirectory(atPath: "\(images.path)/train"))?.count {
        !$0.hasPrefix(".")
      }
      if let train, outputs == [train] {
        lines = ["subset: train"]
        (areClasses, remark) = (true, "\(train) identities in train, and \(networks) \(counts): these are the classes.")
      } else {
        lines = ["subset: test"]
        (areClasses, remark) = unrelated("\(networks) \(counts), which are not VGGFace2's training identities")
      }
    case .flat: (areClasses, remark) = unrelated("Nobody says what the pictures show")
    }
    if !areClasses { lines.append("labels: unrelated") }
  }
}
