import Datasets
import Foundation
import Support
import Testing

/// Which output of a network each class folder is, as an experiment says it.
@Suite final class ClassListTests {
  private let root = FileManager.default.temporaryDirectory.appending(path: "classes-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: root) }

  private func folders(_ names: String...) throws {
    for name in names {
      let folder = root.appending(path: "images/\(name)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data("P5 1 1 255\n\u{4D}".utf8).write(to: folder.appending(path: "1.pgm"))
    }
  }

  private func write(_ text: String, _ name: String) throws -> String {
    let url = root.appending(path: name)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  /// - Parameter classes: as YAML, which has no place here.
  private func read(_ classes: String) throws -> Dataset {
    let images = root.appending(path: "images").path
    let source = try FolderSource(options: ["root": doubleQuotedScalar(images), "classes": classes])
    // What is written down of a run gives the same again.
    #expect(try FolderSource(options: source.writtenOptions) == source)
    return try source.open(DataSelection(split: .all, seed: 0, limit: nil))
  }

  private func message(_ classes: String) -> String {
    do { return "\(try read(classes).images.map(\.label))" } catch {
      let text = "\(error)".replacingOccurrences(of: root.path + "/", with: "")
      return text.hasPrefix(": ") ? String(text.dropFirst(2)) : text
    }
  }

  @Test func aMappingGivesFoldersTheIndicesOfTheNetwork() throws {
    try folders("n01440764", "n02099601", "n03888257")
    for classes in [
      "{n01440764: 0, n02099601: 207, n03888257: 701}",
      try write(#"{"n01440764": 0, "n02099601": 207, "n03888257": 701}"#, "class_to_idx.json"),
      try write("n03888257: 701\nn01440764: 0\nn02099601: 207\n", "classes.yaml"),
      try write("n03888257 701\nn01440764 0\nn02099601 207\n", "classes.txt"),
    ] {
      let data = try read(classes)
      #expect(data.images.map(\.label) == [0, 207, 701])
      #expect(data.images.map(\.path) == ["n01440764/1.pgm", "n02099601/1.pgm", "n03888257/1.pgm"])
      #expect(data.classNames.count == 702 && data.classNames[207] == "n02099601" && data.classNames[5] == "5")
      // 702 classes say nothing of how many outputs there are.
      #expect(data.numbering == .given)
      #expect(data.warnings.isEmpty && data.notes.isEmpty)
    }
  }

  @Test(arguments: [
    ("imagenet-torchvision", ["tench", "golden retriever", "parachute"]),
    ("imagenet-timm", ["tench, Tinca tinca", "golden retriever", "parachute, chute"]),
  ])
  func imageNetIsKnownByName(list: String, names: [String]) throws {
    try folders("n01440764", "n02099601", "n03888257")
    let data = try read(list)
    #expect(data.images.map(\.label) == [0, 207, 701])
    #expect([0, 207, 701].map { data.classNames[$0] } == names)
    #expect(data.classNames.count == 1000 && data.numbering == .named && !data.isImageNet)
    #expect(data.notes.first?.hasPrefix("997 of 1000 classes have a name but no folder: ") == true)
  }

  @Test func imageNetsFoldersMayBeCalledByTheNamesOfTheLibraries() throws {
    try folders("tench", "crane bird", "maillot tank suit")
    #expect(try read("imagenet-torchvision").images.map(\.label).sorted() == [0, 134, 639])
    #expect(try read("imagenet-timm").images.map(\.label).sorted() == [0, 134, 639])
  }

  @Test func foldersOfImageNetWithoutAListAreNoticed() throws {
    try folders("n01440764", "n02099601")
    let source = try FolderSource(options: ["root": doubleQuotedScalar(root.appending(path: "images").path)])
    let data = try source.open(DataSelection(split: .all, seed: 0, limit: nil))
    #expect(data.isImageNet && data.images.map(\.label) == [0, 1])
  }

  @Test func linesMayBeginWithTheFoldersName() throws {
    try folders("n01440764", "n01443537")
    let lines = "n01440764 tench, Tinca tinca\nn01484850 great white shark\nn01443537 goldfish, Carassius auratus\n"
    let data = try read(write(lines, "LOC_synset_mapping.txt"))
    #expect(data.images.map(\.label) == [0, 2])
    #expect(data.classNames == ["tench, Tinca tinca", "great white shark", "goldfish, Carassius auratus"])
    #expect(data.numbering == .named)
  }

  @Test func kerassIndexHasFoldersAndNames() throws {
    try folders("n01440764", "n01443537")
    let json = #"{"1": ["n01443537", "goldfish"], "0": ["n01440764", "tench"]}"#
    let data = try read(write(json, "imagenet_class_index.json"))
    #expect(data.images.map(\.label) == [0, 1] && data.classNames == ["tench", "goldfish"])
  }

  @Test func namesMayStandInTheExperiment() throws {
    try folders("ada", "grace")
    #expect(try read("[grace, ada]").images.map(\.label) == [0, 1])
    #expect(try read("[grace, ada]").images.map(\.path) == ["grace/1.pgm", "ada/1.pgm"])
    let shown = try read("{ada: Ada Lovelace, grace: \"Grace $${Hopper}\"}")
    #expect(shown.classNames == ["Ada Lovelace", "Grace ${Hopper}"] && shown.images.map(\.label) == [0, 1])
    #expect(try read("{0: grace, 1: ada}").images.map(\.path) == ["grace/1.pgm", "ada/1.pgm"])
  }

  @Test func twoFoldersMayBeOneClass() throws {
    try folders("cat", "dog", "kitten")
    let data = try read("{cat: 1, kitten: 1, dog: 0}")
    #expect(data.images.map(\.path) == ["dog/1.pgm", "cat/1.pgm", "kitten/1.pgm"])
    #expect(data.images.map(\.label) == [0, 1, 1] && data.classNames == ["dog", "cat, kitten"])
  }

  @Test func mistakesAreNamed() throws {
    try folders("cat", "dog")
    #expect(message("{cat: 0, dgo: 1}") == "the class folder `dog` is not among the names\n  Did you mean `dgo`?")
    #expect(message("{cat: 0, dog: -1}").hasPrefix("the class `dog` has the index -1\n  Indices are counted from 0"))
    #expect(message("{cat: 0, dog: 1000000}").hasPrefix("the class indices run from 0 to 1000000\n"))
    #expect(
      message("{cat: 0, dog: Dog}")
        == "`classes` maps some classes to indices and others to names\n  Write `folder: index` for each, such as "
        + "`n01440764: 0`; or `index: name`, or `folder: name`.")
    #expect(message("{}") == "`classes` is an empty mapping\n  Write `folder: index` for each class.")
    #expect(message("[]") == "`classes` is an empty list\n  List the names of the classes.")
    #expect(
      message("/imagenet-torchvison")
        == "/imagenet-torchvison: the file of class names cannot be read\n  Correct `data.classes`: a file, a mapping "
        + "`{folder: index}`, or one of `imagenet-torchvision`, `imagenet-timm`.")
    #expect(
      message("imagenet-timm").hasPrefix("imagenet-timm: the class folder `cat` is not among the names; nor is `dog`\n")
    )
    let twice = try write(#"{"cat": 0, "dog": 1.5}"#, "half.json")
    #expect(message(twice).hasPrefix("half.json: expected a JSON list of names"))
  }

  @Test func namesOfAManifestMayHaveIndices() throws {
    let list = try write("path,label\na.png,n02099601\nb.png,tench\n", "list.csv")
    let source = try ManifestSource(options: ["path": doubleQuotedScalar(list), "classes": "imagenet-torchvision"])
    let data = try source.open(DataSelection(split: .all, seed: 0, limit: nil))
    #expect(data.images.map(\.label) == [0, 207] && data.classNames[207] == "golden retriever")
  }
}
