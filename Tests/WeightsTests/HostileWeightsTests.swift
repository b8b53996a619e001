import Foundation
import Support
import Testing
import Weights

/// Files that somebody damaged or made to do harm: each is read or refused, and nothing else happens.
@Suite struct HostileWeightsTests {
  static let names = [
    "zip.pth", "legacy.pth", "nested-legacy.bin", "arrays0.pkl", "arrays2.pkl", "arrays4.pkl", "arrays5.pkl",
    "python2.pkl", "training1.pt", "training5.pt", "training-legacy.bin", "kinds.pth",
  ]
  private static let again = "\n  Copy or download the file again."
  private static let alone =
    "\n  Save the weights alone where the file was made: torch.save(model.state_dict(), \"weights.pth\")."

  private static let export =
    " Or export the network there and name the file as `network`: torch.onnx.export(model.eval(), (torch.zeros(1, 3, 224, 224),), "
    + "\"model.onnx\")."

  private static func fixture(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: PyTorchFileTests.fixtures.appendingPathComponent(name)))
  }

  @Test(arguments: names) func everyTruncationIsRefused(_ name: String) throws {
    let bytes = try Self.fixture(name)
    let file = try TriedFile(bytes)
    // Every length of the small files, some of the others.
    for length in stride(from: bytes.count - 1, through: 0, by: bytes.count > 3000 ? 13 : 1) {
      try file.shorten(to: length)
      guard case .failure(let problem) = file.read() else {
        Issue.record("\(length) of \(bytes.count) bytes were taken for a whole file")
        continue
      }
      #expect(problem.place?.file == "FILE" && problem.remedy != nil, "\(problem)")
    }
  }

  /// Bytes changed, put in, left out and repeated, by a generator with a fixed seed.
  @Test(arguments: names) func mutationsNeverCrash(_ name: String) throws {
    let bytes = try Self.fixture(name)
    var state: UInt64 = 2026
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % max(1, bound)
    }
    var refused = 0
    let file = try TriedFile()
    for _ in 0..<300 {
      var mutated = bytes
      for _ in 0...random(4) {
        let position = random(mutated.count)
        switch random(5) {
        case 0: mutated[position] = UInt8(random(256))
        case 1: mutated[position] ^= 1 << UInt8(random(8))
        case 2: mutated.insert(UInt8(random(256)), at: position)
        case 3: mutated.removeSubrange(position..<min(mutated.count, position + 1 + random(8)))
        default:
          let length = min(mutated.count - position, 1 + random(40))
          mutated.insert(contentsOf: mutated[position..<position + length], at: random(mutated.count))
        }
        if mutated.isEmpty { break }
      }
      try file.replace(by: mutated)
      if case .failure = file.read() { refused += 1 }
    }
    #expect(refused > 30, "\(refused) of 300 mutations were noticed")
  }

  @Test func aGoodMadeArchiveIsRead() throws {
    let floats = [Float](arrayLiteral: 1, 2, 3, 4).flatMap { little($0.bitPattern) }
    let good = try opening(MadeArchive(pickle: MadePickle.dictionary(), storage: floats).bytes)
    #expect(try good.get() == ["w": floats])
    let turned = [Float](arrayLiteral: 1, 2, 3, 4).flatMap { Array(little($0.bitPattern).reversed()) }
    let big = MadeArchive(pickle: MadePickle.dictionary(), storage: turned, byteOrder: "big")
    #expect(try opening(big.bytes).get() == ["w": floats])
  }

  // MARK: - Code

  /// What a pickle calls to run a command, by each opcode that could.
  @Test func commandsAreRefusedByNameAndNotRun() throws {
    let marker = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID())").path
    let argument = MadePickle.text("touch \(marker)")
    let calls: [([UInt8], String, Int)] = [
      ((MadePickle() + "cos\nsystem\n" + argument + [0x85] + "R.").bytes, "os.system", 2),
      ((MadePickle() + "cposix\nsystem\n" + argument + [0x85] + "R.").bytes, "posix.system", 2),
      ((MadePickle() + "(" + argument + "ios\nsystem\n.").bytes, "os.system", 2 + 1 + argument.count),
      (
        (MadePickle() + MadePickle.text("builtins") + MadePickle.text("eval") + [0x93] + argument + [0x85] + "R.")
          .bytes,
        "builtins.eval", 2 + 13 + 9
      ),
      (Array("cos\nsystem\n(S'touch \(marker)'\ntR.".utf8), "os.system", 0),
      (
        (MadePickle() + "ctorch.storage\n_load_from_bytes\n" + argument + [0x85] + "R.").bytes,
        "torch.storage._load_from_bytes", 2
      ),
      ((MadePickle() + "ctorch\nload\n)R.").bytes, "torch.load", 2),
      ((MadePickle() + "cnumpy\nload\n)R.").bytes, "numpy.load", 2),
      (
        (MadePickle() + "ctorchvision.models.resnet\nResNet\n)" + [0x81] + "}b.").bytes,
        "torchvision.models.resnet.ResNet", 2
      ),
      ((MadePickle() + "cposix\nsystem\n" + argument + [0x85] + "}" + [0x92] + ".").bytes, "posix.system", 2),
      ((MadePickle() + "(cos\nsystem\n" + argument + "o.").bytes, "os.system", 3),
      ((MadePickle() + [0x82, 7] + ")R.").bytes, "copyreg extension 7", 2),
    ]
    for (pickle, name, byte) in calls {
      let alone = name == "torchvision.models.resnet.ResNet" ? Self.alone + Self.export : Self.alone
      #expect(
        try refusal(pickle)
          == "FILE, byte \(byte): the pickle asks for `\(name)`, which no tensor needs: refused, nothing was run"
          + alone)
      // The same inside an archive, after the 46 bytes of the entry's head.
      #expect(
        try refusal(MadeArchive(pickle: pickle).bytes)
          == "FILE, byte \(byte + 46): the pickle asks for `\(name)`, which no tensor needs: refused, nothing was run"
          + alone)
    }
    #expect(!FileManager.default.fileExists(atPath: marker))
  }

  @Test func opcodesThatMeanNothingAreRefused() throws {
    #expect(
      try refusal((MadePickle() + "))" + [0x81] + ".").bytes)
        == "FILE, byte 4: the pickle is damaged: expected a function to call, found a tuple" + Self.again)
    #expect(
      try refusal((MadePickle() + [0x82, 7] + ".").bytes)
        == "FILE: expected a dictionary of tensors, found `copyreg extension 7`" + Self.alone)
    #expect(
      try refusal((MadePickle() + "(o.").bytes)
        == "FILE, byte 3: the pickle is damaged: an object has no class" + Self.again)
    #expect(
      try refusal((MadePickle() + [0xf0]).bytes)
        == "FILE, byte 2: the pickle is damaged: there is no opcode 240" + Self.again)
    // A known name in a place where it means nothing.
    #expect(
      try refusal((MadePickle() + "cnumpy\nndarray\n)R.").bytes)
        == "FILE, byte 18: the pickle is damaged: a type is called that only names one" + Self.again)
  }

  /// What a pickle asks to run beside its tensors leaves them as they are; a tensor that needs it is refused, when it is
  /// asked for.
  @Test func whatIsNotRunCostsOnlyWhatNeedsIt() throws {
    let marker = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID())").path
    let command = Array("cos\nsystem\n".utf8) + MadePickle.text("touch \(marker)") + [0x85] + Array("R".utf8)
    let tensor = Array(MadePickle.dictionary().dropFirst(3).dropLast(2))
    // {"evil": os.system(...), "w": tensor, "v": Parameter(os.system(...))}, with items and a state for the first.
    var pickle = MadePickle() + "}(" + MadePickle.text("evil") + command
    pickle = pickle + "(K\u{1}K\u{2}u(K\u{1}e}b" + MadePickle.text("more") + "cm\nf\ncm\nArguments\n)RR"
    pickle = pickle + tensor + MadePickle.text("v")
    pickle = pickle + "ctorch._utils\n_rebuild_parameter\n(" + command + [0x89] + "}tRu."
    let file = try TriedFile(MadeArchive(pickle: pickle.bytes).bytes)
    let weights = try WeightsFile.open(file.path)
    #expect(weights.tensorNames == ["w", "v"] && weights.passedOver == ["os.system", "m.f", "m.Arguments"])
    #expect(try weights.values("w").count == 4)
    let place = 46 + pickle.bytes.firstRange(of: Array("cos\n".utf8))!.lowerBound
    let message =
      "\(file.path), byte \(place), tensor v: the tensor cannot be read: it depends on `os.system`, which no tensor needs "
      + "and which was not run" + Self.alone
    #expect(weights.refusal(of: "v")?.description == message && weights.refusal(of: "w") == nil)
    #expect(throws: Problem.self) { try weights.values("v") }
    let problem = #expect(throws: Problem.self) { try weights.forEachPiece(ofElements: "v") { _ in } }
    #expect(problem?.description == message)
    #expect(weights.shape(of: "v") == nil)
    #expect(!FileManager.default.fileExists(atPath: marker))
  }

  @Test func aCheckpointOfObjectsSaysWhoseTheyAre() throws {
    let object = Array("cultralytics.nn\nModel\n)".utf8) + [0x81]
    let pickle = MadePickle() + "}(" + MadePickle.text("epoch") + "K\u{3}" + MadePickle.text("model") + object + "u."
    #expect(
      try refusal(pickle.bytes)
        == "FILE: there are no tensors in the dictionary; its keys are: `epoch`, `model` (what `ultralytics.nn.Model` makes, "
        + "which was not run)\n  A state dict may stand by itself or under up to 3 keys, as `state_dict`. "
        + Self.alone.dropFirst(3))
  }

  // MARK: - Sizes

  @Test func tensorsStayInTheirStorage() throws {
    func message(_ pickle: [UInt8]) throws -> String { try refusal(MadeArchive(pickle: pickle).bytes) }
    #expect(
      try message(MadePickle.dictionary(offset: 1)).contains(
        "tensor w: shape 4 with strides [1] from element 1 leaves its storage of 4 elements"))
    #expect(try message(MadePickle.dictionary(shape: [2, 2], strides: [3, 1])).contains("leaves its storage"))
    #expect(
      try message(MadePickle.dictionary(shape: [2, 2], strides: [.max, .max])).contains("leaves its storage"))
    #expect(
      try message(MadePickle.dictionary(shape: [.max, .max, .max], strides: [0, 0, 0])).contains("leaves its storage"))
    #expect(
      try message(MadePickle.dictionary(shape: [1 << 30], strides: [0])).contains(
        "take 4294967296 bytes, more than 16 times the file's"))
    #expect(
      try message(MadePickle.dictionary(count: 5)).contains(
        "tensor w: its storage `0` should have 5 elements of 4 bytes, found 16 bytes"))
    #expect(try message(MadePickle.dictionary(key: "7")).contains("tensor w: its storage `7` is not in the file"))
    #expect(try message(MadePickle.dictionary(key: "../0")).contains("its storage `../0` is not in the file"))
    #expect(
      try message(MadePickle.dictionary(shape: [-4])).contains(
        "a tensor's shape should be a whole number from 0 up, found -4"))
  }

  @Test func pickleBombsCostNothing() throws {
    // Half a million nested lists; tuples that double at every step; a memo index of four thousand millions.
    let deep = MadePickle() + [UInt8](repeating: 0x5d, count: 500_000)
    #expect(try refusal((deep + ".").bytes).contains("expected a dictionary of tensors, found a list"))
    let doubling = MadePickle() + ")" + (0..<100_000).flatMap { _ in [0x32, 0x86] as [UInt8] }
    #expect(try refusal((doubling + ".").bytes).contains("expected a dictionary of tensors, found a tuple"))
    let memo = MadePickle() + "}r" + [0xff, 0xff, 0xff, 0xff] + "."
    #expect(try refusal(memo.bytes).contains("there are no tensors in the dictionary; its keys are: none"))
    let long = MadePickle() + [0x8d] + little(UInt64.max) + "."
    #expect(
      try refusal(long.bytes)
        == "FILE, byte 3: the pickle is damaged: a length of 18446744073709551615 bytes is larger than any file"
        + Self.again)
    let steps = MadePickle() + [UInt8](repeating: 0x4e, count: 1_000_001)
    #expect(try refusal(steps.bytes).contains("it has more than 1000000 steps"))
    // A dictionary that holds itself under `state_dict`.
    let cycle = MadePickle() + "}q\u{0}" + MadePickle.text("state_dict") + "h\u{0}s."
    #expect(try refusal(cycle.bytes).contains("there are no tensors in the dictionary; its keys are: `state_dict`"))
  }

  @Test func archivesThatGrowAreRefused() throws {
    var archive = MadeArchive(pickle: MadePickle.dictionary())
    archive.entries[2].method = 8
    archive.entries[2].packed = 16
    archive.entries[2].size = 4_000_000_000
    #expect(
      try refusal(archive.bytes).contains(
        "the entry `archive/data/0` is compressed (method 8, 4000000000 bytes from 16), which torch.save never does: "
          + "refused, nothing was unpacked"))
    archive = MadeArchive(pickle: MadePickle.dictionary())
    archive.entries[2].size = 1_000_000
    #expect(
      try refusal(archive.bytes).contains(
        "the entry `archive/data/0` has 1000000 bytes from byte"))
    archive = MadeArchive(pickle: MadePickle.dictionary())
    archive.entries[2].offset = 0
    #expect(try refusal(archive.bytes).contains("has another name where it begins"))
    archive.entries[2].offset = 5
    #expect(try refusal(archive.bytes).contains("does not begin at byte 5, where the directory says"))
    // Two entries over the same bytes.
    archive = MadeArchive(pickle: MadePickle.dictionary())
    archive.entries[0].size = UInt32(archive.entries[0].content.count + 20)
    #expect(try refusal(archive.bytes).contains("the entries `archive/data.pkl` and `archive/byteorder` overlap"))
  }

  @Test(arguments: ["archive/../../escape", "../archive/data/1", "/etc/passwd", "archive\\..\\x"])
  func namesThatLeadOutAreRefused(_ name: String) throws {
    var archive = MadeArchive(pickle: MadePickle.dictionary())
    archive.entries.append(MadeArchive.Entry(name: name, content: [1]))
    #expect(
      try refusal(archive.bytes).hasSuffix(
        ": the archive has an entry called `\(name)`, which leads out of the archive: refused\n"
          + "  torch.save writes no such names; get the file from a source that you trust."))
  }

  @Test func archivesOfOtherThingsAreNamed() throws {
    let other = MadeArchive([MadeArchive.Entry(name: "weights/model.pth", content: [1, 2])])
    #expect(
      try refusal(other.bytes)
        == "FILE: expected a zip archive that torch.save wrote, with one `data.pkl` in a folder, found a packed archive of "
        + "one file: `weights/model.pth`\n  Unpack it (unzip) and name the weights file in it.")
    var script = MadeArchive(pickle: MadePickle.dictionary())
    script.entries.append(MadeArchive.Entry(name: "archive/constants.pkl", content: [1]))
    #expect(
      try refusal(script.bytes)
        .hasPrefix("FILE: expected a state dict, found a TorchScript program\n  Make an ONNX file of it"))
    #expect(
      try refusal(MadeArchive(pickle: MadePickle.dictionary(), byteOrder: "middle").bytes).contains(
        "the byte order is `middle`, expected `little` or `big`"))
  }

  @Test func namesWithControlCharactersAreRefused() throws {
    let bytes = MadeArchive(pickle: MadePickle.dictionary(name: "w\u{1b}[2J")).bytes
    #expect(
      try refusal(bytes)
        == "FILE: a tensor is called `w\\u{1B}[2J`, with characters that no name has" + Self.again)
    // A name is no path: it may hold anything that prints.
    #expect(try opening(MadeArchive(pickle: MadePickle.dictionary(name: "../w")).bytes).get().keys.sorted() == ["../w"])
  }

  /// A configuration under `model` does not hide the tensors beside it.
  @Test func theStateDictIsWhereTensorsAre() throws {
    let tensors = Array(MadePickle.dictionary().dropFirst(2).dropLast())
    var pickle = MadePickle() + "}(" + MadePickle.text("model") + "}"
    pickle = pickle + MadePickle.text("net") + tensors + "u."
    #expect(try opening(MadeArchive(pickle: pickle.bytes).bytes).get().keys.sorted() == ["w"])
    pickle = MadePickle() + tensors + "("
    pickle = pickle + MadePickle.text("model") + "}u."
    #expect(try opening(MadeArchive(pickle: pickle.bytes).bytes).get().keys.sorted() == ["w"])
  }

  @Test func checkpointsWithoutTensorsSayWhatTheyHold() throws {
    let pickle = MadePickle() + "}(" + MadePickle.text("epoch") + "K\u{3}" + MadePickle.text("optimizer") + "}u."
    #expect(
      try refusal(pickle.bytes)
        == "FILE: there are no tensors in the dictionary; its keys are: `epoch`, `optimizer`\n"
        + "  A state dict may stand by itself or under up to 3 keys, as `state_dict`. "
        + "Save the weights alone where the file was made: torch.save(model.state_dict(), \"weights.pth\").")
  }
}
