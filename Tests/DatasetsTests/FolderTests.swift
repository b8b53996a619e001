import Datasets
import Foundation
import Support
import Testing

/// What people's folders of images hold beside images, and what they lack.
@Suite final class FolderTests {
  private let root = FileManager.default.temporaryDirectory.appending(path: "folder-\(UUID().uuidString)")
  private let pixel = Array("P5 1 1 255\n".utf8) + [77]
  private let manager = FileManager.default

  init() throws { try manager.createDirectory(at: root, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: root) }

  private var faces: URL { root.appending(path: "faces") }

  private func write(_ paths: String..., bytes: [UInt8]? = nil) throws {
    for path in paths {
      let url = root.appending(path: path)
      try manager.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes ?? pixel).write(to: url)
    }
  }

  private func folder(_ path: String) throws {
    try manager.createDirectory(at: root.appending(path: path), withIntermediateDirectories: true)
  }

  private func link(_ path: String, to target: String) throws {
    try manager.createSymbolicLink(atPath: root.appending(path: path).path, withDestinationPath: target)
  }

  /// A name that Foundation would not write.
  private func rawFolder(_ name: [UInt8]) {
    let path = Array("\(faces.path)/".utf8) + name + [0]
    _ = path.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { mkdir($0, 0o755) } }
    }
  }

  private func names(_ text: String) throws -> ClassNames {
    let url = root.appending(path: "names.txt")
    try Data(text.utf8).write(to: url)
    return try ClassNames(contentsOf: url)
  }

  /// The message with the folder's name taken out.
  private func message(classes: String? = nil, followsLinks: Bool = false) -> String {
    do {
      let data = try Dataset.folder(faces, classes: classes.map(names), followsLinks: followsLinks)
      return "\(data.images.count) images"
    } catch { return "\(error)".replacingOccurrences(of: root.path + "/", with: "") }
  }

  // MARK: - What is passed over

  @Test func otherEndingsAreCountedAndNamed() throws {
    try write("faces/a/1.jpg", "faces/a/2.JFIF", "faces/a/3.jpe", "faces/a/4.Png")
    try write("faces/a/5.webp", "faces/b/6.WEBP", "faces/b/7.tif", "faces/b/8.heic", "faces/b/9.jpg")
    try write("faces/b/Thumbs.db", "faces/b/.DS_Store", "faces/b/._9.jpg", "faces/b/.x.png")
    try write("faces/b/list.csv", "faces/README", bytes: Array("text".utf8))
    try write("faces/c/deeper/still/1.png", "faces/c/2.png", "faces/top.jpeg")
    try write("faces/c/photograph", "faces/c/3.bak")
    try write("faces/c/plain", bytes: Array("text".utf8))
    try folder("faces/__MACOSX/a")
    let data = try Dataset.folder(faces)
    #expect(data.classNames == ["a", "b", "c"])
    #expect(data.images.map(\.path) == ["a/1.jpg", "a/2.JFIF", "a/3.jpe", "a/4.Png", "b/9.jpg", "c/2.png"])
    #expect(data.warnings.count == 1)
    #expect(
      data.warnings.first?.message
        == "8 pictures were passed over: 2 .webp, 1 .bak that hold PGM or PPM, 1 .heic, 1 .tif, 1 without an ending, "
        + "1 directly in the data's root, in no class folder, 1 in folders within class folders")
    #expect(
      data.warnings.first?.remedy
        == "Read are JPEG, PNG, PGM and PPM, directly in a class folder, with the endings .jfi, .jfif, .jif, .jpe, .jpeg, "
        + ".jpg, .pgm, .png, .pnm, .ppm: convert, rename or move the others, or take them out.")
    #expect(
      data.notes == ["8 other files were passed over: 2 without an ending, 1 .csv, 1 hidden, 4 of the system."])
    #expect(
      data.passedOver.contains(
        PassedOverFile(path: "b/6.WEBP", reason: "pictures that end in .webp are not read")))
    #expect(
      data.passedOver.contains(
        PassedOverFile(
          path: "c/photograph", reason: "by its content it is PGM or PPM, but its name does not end as such a picture's"
        )))
    #expect(data.passedOver.map(\.path).contains("c/deeper/still/1.png"))
    #expect(data.passedOver.contains(PassedOverFile(path: "b/.x.png", reason: "hidden")))
    #expect(data.passedOver.count == 12)
  }

  @Test func hiddenFoldersWithPicturesAreNamed() throws {
    try write("faces/a/1.png", "faces/.b/1.png", "faces/a/.c/1.png", "faces/.git/config")
    let data = try Dataset.folder(faces)
    #expect(data.classNames == ["a"])
    #expect(data.warnings.isEmpty)
    #expect(
      data.notes == ["3 other files were passed over: 2 that are hidden folders with pictures, 1 of the system."])
    #expect(data.passedOver.map(\.path) == [".b", "a/.c"])
  }

  /// What a hidden folder holds is no second class.
  @Test func aLinkToAHiddenFolderIsOneClass() throws {
    try write("faces/a/1.png", "faces/.store/1.png")
    try link("faces/b", to: ".store")
    let data = try Dataset.folder(faces)
    #expect(data.images.map(\.path) == ["a/1.png", "b/1.png"])
    #expect(data.warnings.isEmpty)
  }

  @Test func namesLikeTheFoldersInAnotherOrderAreAnError() throws {
    try write("faces/ada_l/1.png", "faces/bob/1.png")
    #expect(
      message(classes: "Bob\nAda L\n")
        == "names.txt: the class folder `ada_l` has the number 0, but the name that is nearest, `Ada L`, stands for class 1\n"
        + "  Write the folders' names as they are, and they are numbered by name.")
    #expect(message(classes: "\"bob\"\n\"ada_l\"\n").hasPrefix("names.txt: the class folder `ada_l` has the number 0"))
    #expect(message(classes: "Ada L\nBob\n") == "2 images")
    #expect(message(classes: "Eve\nZoe\n") == "2 images")
  }

  @Test func ofManyTheFirstAreNamed() throws {
    try write("faces/a/1.jpg")
    for index in 0..<210 { try write("faces/a/\(1000 + index).webp") }
    let data = try Dataset.folder(faces)
    #expect(data.warnings.map(\.message) == ["210 pictures were passed over: 210 .webp"])
    #expect(data.passedOver.count == 201)
    #expect(
      data.passedOver.last == PassedOverFile(path: "(10 more)", reason: "passed over; only the first are named"))
  }

  @Test func aClassFolderWithoutImagesKeepsItsNumber() throws {
    try write("faces/a/1.png", "faces/b/1.gif", "faces/c/1.png")
    let data = try Dataset.folder(faces)
    #expect(data.classNames == ["a", "b", "c"])
    #expect(data.images.map(\.label) == [0, 2])
    #expect(
      data.warnings.map(\.message) == [
        "1 class folder has no image that can be read: `b` (1)", "1 picture was passed over: 1 .gif",
      ])
    #expect(data.numbering == .sorted("class folders"))
  }

  @Test func foldersWithoutAnyImageSayWhatToDo() throws {
    #expect(message() == "faces: there is no such folder of images\n  Correct `data.root` in the experiment file.")
    try write("faces/1.png")
    #expect(
      message()
        == "faces: the folder has no sub-folders; expected one per label\n"
        + "  Sort the images into one sub-folder for each label.")
    try write("faces/train/a/1.png", "faces/val/a/1.png")
    #expect(
      message()
        == "faces: no class folder has an image, but 2 lie a folder deeper, such as `train/a/1.png`\n"
        + "  The class folders must lie directly in `data.root`: is `faces/train` meant?")
    try manager.removeItem(at: faces)
    try write("faces/a/1.gif", "faces/b/1.txt")
    #expect(
      message()
        == "faces: none of the 2 class folders has an image; 2 pictures were passed over: 1 .gif, 1 .txt that hold PGM or "
        + "PPM\n  Put images into them: files that end in .jfi, .jfif, .jif, .jpe, .jpeg, .jpg, .pgm, .png, .pnm, .ppm."
    )
  }

  @Test func namesThatAreNoTextAreAnError() throws {
    try write("faces/a/1.png")
    rawFolder(Array("caf".utf8) + [0xE9])
    #expect(
      message()
        == "faces: names that are not UTF-8: `caf\\xE9`\n"
        + "  Rename them (`convmv -f latin1 -t utf8 -r --notest FOLDER` does it for a whole folder).")
  }

  @Test func twoSpellingsOfOneNameAreAnError() throws {
    try write("faces/e\u{301}/1.png", "faces/\u{E9}/1.png")
    #expect(message().hasPrefix("faces: there are two class folders that both read `é`\n"))
  }

  // MARK: - Links

  @Test func linksAreFollowedInsideTheRootOrWhereAsked() throws {
    try write("faces/a/1.png", "outside/2.png")
    try link("faces/a/inside.png", to: "1.png")
    try link("faces/a/broken.png", to: "none.png")
    try link("link", to: "faces")
    let data = try Dataset.folder(root.appending(path: "link"))
    // A picture that cannot be opened is named by the run.
    #expect(data.images.map(\.path) == ["a/1.png", "a/broken.png", "a/inside.png"])
    try link("faces/a/outside.png", to: "../../outside/2.png")
    let remedy =
      "  Write `follow-links: true` under `data` to follow them, or put the images themselves into the folder."
    #expect(message() == "faces: links that lead out of the folder of images: `a/outside.png`\n" + remedy)
    #expect(message(followsLinks: true) == "4 images")
    try link("faces/b", to: "../outside")
    #expect(message() == "faces: links that lead out of the folder of images: `b`\n" + remedy)
    let followed = try Dataset.folder(faces, followsLinks: true)
    #expect(followed.classNames == ["a", "b"])
    #expect(followed.images.last?.path == "b/2.png")
  }

  @Test(arguments: [".", "..", "../faces", "a2", "none"])
  func linksInCirclesEnd(_ target: String) throws {
    try write("faces/a/1.png")
    try link("faces/a1", to: target)
    if target == "a2" { try link("faces/a2", to: "a1") }
    let names = target == "a2" ? "`a1`, `a2`" : "`a1`"
    #expect(
      message(followsLinks: true)
        == "faces: links that lead nowhere, or in a circle: \(names)\n"
        + "  Mend or remove them: a class folder that is missing moves the labels of all behind it.")
  }

  @Test func twoNamesOfOneFolderAreWarnedOf() throws {
    try write("faces/a/1.png")
    try link("faces/b", to: "a")
    let data = try Dataset.folder(faces)
    #expect(data.images.map(\.path) == ["a/1.png", "b/1.png"])
    #expect(
      data.warnings.map(\.message) == ["The class folders `a` and `b` are one folder: its images have several labels"])
  }

  // MARK: - Class names

  @Test func foldersAreNumberedByTheNamesOfTheFile() throws {
    try write("faces/s1/1.png", "faces/s10/1.png", "faces/s3/1.png")
    let data = try Dataset.folder(faces, classes: names("\u{FEFF}s1\r\ns2\r\ns3\r\ns10\r\n"))
    #expect(data.classNames == ["s1", "s2", "s3", "s10"])
    #expect(data.images.map(\.path) == ["s1/1.png", "s3/1.png", "s10/1.png"])
    #expect(data.images.map(\.label) == [0, 2, 3])
    #expect(data.numbering == .named)
    #expect(
      data.notes == [
        "1 class has a name but no folder: s2. The labels of the others are those of their names."
      ])
    #expect(
      message(classes: "s1\ns2\ns4\ns10\n")
        == "names.txt: the class folder `s3` is not among the names\n  Did you mean `s1`?")
    #expect(
      message(classes: "s1\ns3\ns10\ns3\n")
        == "names.txt: the name `s3` stands for the classes 1 and 3, and is a class folder's\n"
        + "  Give each class a name of its own.")
  }

  @Test func namesThatAreNoFoldersMustBeAsMany() throws {
    try write("faces/n01/1.png", "faces/n02/1.png")
    let shown = try Dataset.folder(faces, classes: names("goldfish\nshark\n"))
    #expect(shown.classNames == ["goldfish", "shark"])
    #expect(shown.numbering == .sorted("class folders"))
    #expect(
      message(classes: "goldfish\nshark\nray\n")
        == "names.txt: there are 3 names for 2 class folders, and none of them is a folder's name\n"
        + "  Give a name for each folder, in the order of the folders' names; or name the folders themselves, and they are "
        + "numbered by name.")
    let keyed = try Dataset.folder(
      faces, classes: names("{\"n02\": \"shark\", \"n01\": \"goldfish\", \"n03\": \"ray\"}"))
    #expect(keyed.classNames == ["goldfish", "shark"])
    #expect(keyed.notes == ["The class names also name what has no folder: n03."])
    #expect(message(classes: "\n\n") == "names.txt: the file of class names is empty\n  Write one name per line.")
  }

  @Test func foldersCalledByNumbersAreNamedByTheirNumbers() throws {
    try write("faces/0/1.png", "faces/10/1.png", "faces/2/1.png")
    let json = "{\"0\": \"zero\", \"2\": \"two\", \"10\": \"ten\"}"
    #expect(try Dataset.folder(faces, classes: names(json)).classNames == ["zero", "ten", "two"])
  }
}
