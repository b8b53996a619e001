import Datasets
import Foundation
import Images
import Support
import Testing

/// A made-up VGGFace2 with the distributed folders, lists and quirks; its pictures are never opened.
@Suite struct VGGFace2Tests {
  private let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory.appending(path: "vggface2-\(UUID().uuidString)")
    for (identity, count) in [("n000002", 12), ("n000010", 20), ("n000100", 1)] {
      let folder = root.appending(path: "train/\(identity)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for index in 1...count {
        try Data().write(to: folder.appending(path: name(index) + ".jpg"))
      }
      try Data().write(to: folder.appending(path: "Thumbs.db"))
    }
    try FileManager.default.createDirectory(at: root.appending(path: "bb_landmark"), withIntermediateDirectories: true)
    var landmarks = "NAME_ID,P1X,P1Y,P2X,P2Y,P3X,P3Y,P4X,P4Y,P5X,P5Y\n"
    var boxes = "NAME_ID,X,Y,W,H\n"
    for (identity, count) in [("n000002", 12), ("n000010", 18)] {
      for index in 1...count {
        landmarks += "\"\(identity)/\(name(index))\",\(index).5,20,60,21,40,45,30,70,55,71\n"
        boxes += "\"\(identity)/\(name(index))\",\(index),20,100,120\n"
      }
    }
    try write(landmarks, "bb_landmark/loose_landmark_train.csv")
    try write(boxes, "bb_landmark/loose_bb_train.csv")
    try write(
      "Class_ID, Name, Sample_Num, Flag, Gender\nn000002, \"A_J_Buckley\", 12, 1, m\nn000010, \"Zoë, the_\"\"Great\"\"\", 20, 0, f\n",
      "identity_meta.csv")
  }

  private func name(_ index: Int) -> String { "0\(100 + index)_0\(index % 10)" }

  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: root.appending(path: path))
  }

  private func remove() { try? FileManager.default.removeItem(at: root) }

  private func load(
    _ align: VGGFace2Options.Align = .landmarks, split: Split = .all, limit: Int? = nil
  ) throws(Problem) -> Dataset {
    try Dataset.vggface2(
      root, options: VGGFace2Options(subset: .train, align: align, margin: 0.2), split: split, seed: 7, limit: limit)
  }

  private func message(_ align: VGGFace2Options.Align = .landmarks) -> String {
    do throws(Problem) {
      _ = try load(align)
      return "read"
    } catch { return error.description.replacingOccurrences(of: root.path + "/", with: "") }
  }

  @Test func identitiesNamesLandmarksAndWhatIsMissing() throws {
    defer { remove() }
    let data = try load()
    #expect(data.classNames == ["A J Buckley", "Zoë, the \"Great\"", "n000100"])
    #expect(data.images.count == 30)
    #expect(data.notes == ["3 of 33 chosen images have no landmarks in the lists and are left out."])
    let first = try #require(data.images.first)
    #expect(first.path == "n000002/0101_01.jpg")
    #expect(
      first.alignment
        == .landmarks([(1.5, 20), (60, 21), (40, 45), (30, 70), (55, 71)].map { ImagePoint(x: $0.0, y: $0.1) }))
    let boxed = try #require(try load(.box).images.first)
    #expect(boxed.alignment == .box(x: 1, y: 20, width: 100, height: 120, margin: 0.2))
    #expect(boxed.alignment?.description == "box 1 1.0 20.0 100.0 120.0 0.2")
    #expect(try load(.none).images.allSatisfy { $0.alignment == nil })
    #expect(try load(.none).images.count == 33)
  }

  /// The streamed choice is the one that the whole list would give.
  @Test(arguments: [(Split.test, nil), (.train, nil), (.validation, 2), (.all, 7), (.all, 1), (.train, 100)])
  func theChoiceIsThatOfTheWholeList(_ split: Split, _ limit: Int?) throws {
    defer { remove() }
    let whole = try Dataset.folder(root.appending(path: "train"))
    let expected = try whole.selecting(split, seed: 7, limit: limit)
    let found = try load(.none, split: split, limit: limit)
    #expect(found.images.map(\.path) == expected.images.map(\.path))
    #expect(found.images.map(\.label) == expected.images.map(\.label))
    let lacking = split == .test || split == .validation
    #expect(
      found.notes
        == (lacking ? ["1 of 3 identities have too few images for the \(split.rawValue) part of the split."] : []))
  }

  @Test func aListOfImagesIsKeptTo() throws {
    defer { remove() }
    let list = root.appending(path: "train_list.txt")
    func load() throws(Problem) -> Dataset {
      try Dataset.vggface2(
        root, options: VGGFace2Options(subset: .train, align: .none), list: list, split: .all, seed: 7, limit: nil)
    }
    func message() -> String {
      do throws(Problem) {
        _ = try load()
        return "read"
      } catch { return error.description.replacingOccurrences(of: root.path + "/", with: "") }
    }
    try write("n000010/0101_01.jpg\nn000010/0999_01.jpg\nn000002/0102_02.jpg\n", "train_list.txt")
    let data = try load()
    #expect(data.images.map(\.path) == ["n000002/0102_02.jpg", "n000010/0101_01.jpg"])
    #expect(data.images.map(\.label) == [0, 1])
    #expect(data.notes == ["1 of 3 chosen images are in the list but not in the folder."])
    try write("n000010/0101_01.jpg\nn000002/0102_02.jpg\nn000010/0102_02.jpg\n", "train_list.txt")
    #expect(message() == "train_list.txt:3: the images of `n000010` do not stand together\n  Sort the list.")
    try write("n000010/../../x.jpg\n", "train_list.txt")
    #expect(
      message()
        == "train_list.txt:1: expected an image such as n000002/0001_01.jpg, found `n000010/../../x.jpg`\n  Take the list "
        + "that was distributed with the images.")
    try write("n000011/0101_01.jpg\n", "train_list.txt")
    #expect(
      message()
        == "train_list.txt:1: the identity `n000011` has no folder in train\n  Take the list of the same subset, or "
        + "unpack the whole dataset.")
  }

  @Test func damagedListsAreToldWithTheirLine() throws {
    defer { remove() }
    try write("NAME_ID,X,Y,W,H\n\"n000002/0101_01\",1,2,3\n", "bb_landmark/loose_bb_train.csv")
    #expect(
      message(.box)
        == "bb_landmark/loose_bb_train.csv:2: the line has 4 fields; expected 5: an image and 4 numbers\n  Take the list "
        + "that was distributed with the images.")
    try write("NAME_ID,X,Y,W,H\n\"n000002/0101_01\",1,nan,3,4\n", "bb_landmark/loose_bb_train.csv")
    #expect(message(.box).hasPrefix("bb_landmark/loose_bb_train.csv:2: `nan` is no number\n"))
    try write(
      "\"n000002/0101_01\",1,2,3,4\n\"n000002/0101_01\",1,2,3,4\n", "bb_landmark/loose_bb_train.csv")
    #expect(
      message(.box)
        == "bb_landmark/loose_bb_train.csv:2: `n000002/0101_01` is listed a second time\n  Keep one of the lines.")
    try write("NAME_ID,X,Y,W,H\n\"other/1\",1,2,3,4\n", "bb_landmark/loose_bb_train.csv")
    #expect(
      message(.box)
        == "bb_landmark: none of the 33 chosen images has an entry in the lists\n  Take the lists that were distributed "
        + "with these images, or `align: none`.")
    try FileManager.default.removeItem(at: root.appending(path: "bb_landmark/loose_landmark_train.csv"))
    #expect(
      message()
        == "bb_landmark/loose_landmark_train.csv: the list that `align: landmarks` needs is missing\n  It is part of "
        + "VGGFace2's bb_landmark archive; or choose `align: none`.")
    try FileManager.default.removeItem(at: root.appending(path: "train"))
    #expect(
      message()
        == "train: there is no such folder, or it cannot be listed\n  `data.root` must be the folder that holds "
        + "VGGFace2's train/ and test/.")
  }
}
