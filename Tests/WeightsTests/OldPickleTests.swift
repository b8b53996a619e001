import Foundation
import Support
import Testing
import Weights

/// What PyTorch before 0.4 and Python 2 wrote, and archives beyond 4 GB: put together here, since nothing installs today
/// that writes them.
@Suite struct OldPickleTests {
  private static func tuple(_ items: [Int32]) -> [UInt8] { [0x28] + items.flatMap(MadePickle.integer) + [0x74] }

  /// The older format's three pickles before the object's.
  private static let head: [UInt8] =
    [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
    + [0x80, 2, 0x4d, 0xe9, 3, 0x2e]
    + (MadePickle() + "}" + MadePickle.text("little_endian") + [0x88] + "s.").bytes

  /// `OrderedDict([[name, Parameter(_rebuild_tensor(storage, offset, shape, strides))]])`, the storage a view.
  private static func stateDictionary(view: [UInt8]) -> [UInt8] {
    var pickle = MadePickle() + "ccollections\nOrderedDict\n](](" + MadePickle.text("module.fc.weight")
    pickle = pickle + "ctorch.nn.parameter\nParameter\nctorch._utils\n_rebuild_tensor\n((" + MadePickle.text("storage")
    pickle = pickle + "ctorch.cuda\nFloatStorage\n" + MadePickle.text("12") + MadePickle.text("cuda:0")
    pickle =
      pickle + MadePickle.integer(6) + view + "tQ" + MadePickle.integer(1) + tuple([1, 2]) + tuple([2, 1]) + "tR"
    // The parameter's state: requires_grad, volatile, hooks.
    return (pickle + [0x85] + "R(" + [0x88, 0x89] + "}tb" + "ee" + [0x85] + "R.").bytes
  }

  private static let keys = (MadePickle() + "](" + MadePickle.text("12") + "e.").bytes
  private static let storage =
    little(UInt64(6)) + [Float](arrayLiteral: 0, 1, 2, 3, 4, 5).flatMap { little($0.bitPattern) }

  @Test func parametersAndViewsOfTheFirstPyTorchAreRead() throws {
    let whole = Self.head + Self.stateDictionary(view: [0x4e]) + Self.keys + Self.storage
    #expect(try opening(whole).get() == ["fc.weight": [Float(1), 2].flatMap { little($0.bitPattern) }])
    // (key of the view, offset, size): the tensor's own offset counts from there.
    let view = [0x28] + MadePickle.text("13") + MadePickle.integer(2) + MadePickle.integer(4) + [0x74]
    let viewed = Self.head + Self.stateDictionary(view: view) + Self.keys + Self.storage
    #expect(try opening(viewed).get() == ["fc.weight": [Float(3), 4].flatMap { little($0.bitPattern) }])
  }

  @Test func viewsStayInTheirStorage() throws {
    let beyond = [0x28] + MadePickle.text("13") + MadePickle.integer(4) + MadePickle.integer(3) + [0x74]
    #expect(
      try refusal(Self.head + Self.stateDictionary(view: beyond) + Self.keys + Self.storage).contains(
        "the pickle is damaged: a view of 3 elements from 4 leaves its storage of 6"))
    let short = [0x28] + MadePickle.text("13") + MadePickle.integer(4) + MadePickle.integer(2) + [0x74]
    #expect(
      try refusal(Self.head + Self.stateDictionary(view: short) + Self.keys + Self.storage).contains(
        "shape 1x2 with strides [2, 1] from element 1 leaves its storage of 2 elements"))
  }

  @Test func storagesAreAsThePickleSays() throws {
    let start = Self.head + Self.stateDictionary(view: [0x4e])
    #expect(
      try refusal(start + Self.keys + little(UInt64(7)) + Self.storage.dropFirst(8)).contains(
        "the storage `12` should have 6 elements here"))
    #expect(
      try refusal(start + Self.keys + Self.storage.dropLast(1)).contains(
        "the storage `12` has 6 elements of 4 bytes, 23 bytes are left: the file was cut short"))
    let other = (MadePickle() + "](" + MadePickle.text("99") + "e.").bytes
    #expect(try refusal(start + other + Self.storage).contains("no tensor uses the storage `99`"))
    let twice = (MadePickle() + "](" + MadePickle.text("12") + MadePickle.text("12") + "e.").bytes
    #expect(try refusal(start + twice + Self.storage + Self.storage).contains("the storage `12` is listed twice"))
    let none = (MadePickle() + "].").bytes
    #expect(try refusal(start + none).contains("tensor module.fc.weight: its storage `12` is not in the file"))
  }

  @Test func archivesBeyondFourGigabytesAreRead() throws {
    let floats = [Float](arrayLiteral: 1, 2, 3, 4).flatMap { little($0.bitPattern) }
    let archive = MadeArchive(pickle: MadePickle.dictionary(), storage: floats).bytes(is64Bit: true)
    #expect(try opening(archive).get() == ["w": floats])
    let file = try TriedFile(archive)
    for length in (0..<archive.count).reversed() {
      try file.shorten(to: length)
      if case .success = file.read() { Issue.record("\(length) bytes were taken") }
    }
  }
}
