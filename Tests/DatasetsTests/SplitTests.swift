import Datasets
import Foundation
import Support
import Testing

@Suite("Splits and limits depend on names and the seed alone")
struct SplitTests {
  /// Three labels with 4, 2 and 11 images.
  private static let small: Dataset = {
    let root = URL(filePath: "/faces", directoryHint: .isDirectory)
    let images = [("a", 4), ("b", 2), ("c", 11)].enumerated().flatMap { label, folder in
      (0..<folder.1).map { "\(folder.0)/\($0).png" }.map { path in
        LabelledImage(path: path, url: root.appending(path: path), label: label)
      }
    }
    return Dataset(name: "small", root: root, classNames: ["a", "b", "c"], images: images)
  }()

  private func paths(_ split: Split, limit: Int? = nil) throws -> [String] {
    try Self.small.selecting(split, seed: 5, limit: limit).images.map(\.path)
  }

  /// From Python: sorted(files, key=lambda f: hashlib.sha256(f"5/{f}".encode()).hexdigest()).
  @Test func partsOfLabelsWithFewImages() throws {
    #expect(try paths(.test) == ["a/0.png", "b/1.png", "c/1.png"])
    #expect(try paths(.validation) == ["a/1.png", "c/8.png"])
    let train = [
      "a/2.png", "a/3.png", "b/0.png", "c/0.png", "c/10.png", "c/2.png", "c/3.png", "c/4.png", "c/5.png", "c/6.png",
      "c/7.png", "c/9.png",
    ]
    #expect(try paths(.train) == train)
    #expect(try paths(.all).count == 17)
    #expect(try Self.small.selecting(.test, seed: 5).images.map(\.label) == [0, 1, 2])
    #expect(try Self.small.selecting(.test, seed: 5).classNames == ["a", "b", "c"])
  }

  @Test func aLimitTakesFromEveryLabelInTurn() throws {
    #expect(try paths(.all, limit: 5) == ["a/0.png", "a/1.png", "b/1.png", "c/1.png", "c/8.png"])
    #expect(try paths(.all, limit: 2) == ["a/0.png", "c/1.png"])
    #expect(try paths(.all, limit: 100).count == 17)
  }

  @Test func theOrderOfTheImagesDoesNotMatter() throws {
    let turned = Dataset(
      name: "small", root: Self.small.root, classNames: Self.small.classNames, images: Self.small.images.reversed())
    #expect(try turned.selecting(.train, seed: 5, limit: 7) == Self.small.selecting(.train, seed: 5, limit: 7))
  }

  /// Made by Scripts/goldens/splits.py with the rule by which the demo models were trained.
  @Test(arguments: [7, 11]) func theORLPartsAreThoseOfTheTrainingScript(seed: Int) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/orl-splits.txt")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { $0.split(separator: " ") }
    let names = (1...40).map { "s\($0)" }.sorted()
    let root = URL(filePath: "/orl", directoryHint: .isDirectory)
    let images = names.enumerated().flatMap { label, name in
      (1...10).map {
        LabelledImage(path: "\(name)/\($0).pgm", url: root.appending(path: "\(name)/\($0)"), label: label)
      }
    }
    let faces = Dataset(name: "ORL", root: root, classNames: names, images: images)
    for split in [Split.test, .validation] {
      let expected = lines.filter { $0[0] == "\(seed)" && $0[1] == split.rawValue }.map { "\($0[2]) \($0[3])" }
      #expect(expected.count == 40)
      #expect(try faces.selecting(split, seed: seed).images.map { "\($0.path) \($0.label)" } == expected)
    }
    #expect(try faces.selecting(.train, seed: seed).images.count == 320)
  }

  @Test func nothingLeftIsAProblem() {
    func message(_ split: Split, limit: Int? = nil) -> String {
      let one = Dataset(
        name: "x", root: Self.small.root, classNames: ["a"], images: Array(Self.small.images.prefix(1)))
      do throws(Problem) {
        return "\(try one.selecting(split, seed: 1, limit: limit).images.count)"
      } catch { return "\(error.kind) \(error)" }
    }
    #expect(
      message(.test)
        == "usage the test part of the data has no images\n  With so few images per label choose `split: all`.")
    #expect(message(.all, limit: 0) == "usage the limit is 0\n  `limit` must be at least 1.")
    #expect(message(.train) == "1")
  }
}
