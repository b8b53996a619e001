import Images
import Results
import Testing

@Suite struct ClassScoresTests {
  private let clean: [Float] = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]

  @Test func theHighestOfBothImagesAreKept() throws {
    // Attacked, the order turns round.
    let logits: [Float] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    let scores = ClassScores(logits: logits, probabilities: logits.map { Double($0) / 100 }, clean: clean)
    #expect(scores.classes.map(\.label) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    #expect(scores.highest.map(\.label) == [9, 8, 7, 6, 5])
    #expect(scores[0] == ClassScore(label: 0, logit: 0, probability: 0))
    let same = ClassScores(logits: clean, probabilities: clean.map { Double($0) / 100 }, clean: clean)
    #expect(same.classes.map(\.label) == [0, 1, 2, 3, 4])
    #expect(same[5] == nil)
  }

  @Test func equalLogitsGoByClassAndFewClassesAreAll() {
    let scores = ClassScores(logits: [1, 1, 1], probabilities: [0.25, 0.5, 0.25], clean: [1, 1, 1])
    #expect(scores.classes.map(\.label) == [0, 1, 2])
    #expect(ClassScores(text: "0 1.0 0.25\n1 1.0 0.5\n2 1.0 0.25\n") == scores)
    let attacked = ClassScores(scores.classes, clippedShare: 0.125)
    #expect(ClassScores(text: "0 1.0 0.25\n1 1.0 0.5\n2 1.0 0.25\nclipped 0.125\n") == attacked)
    #expect(attacked.isPossible)
    for wrong in ["clipped 0.5\n", "0 1.0 0.25\nclipped 1.5\n", "0 1.0 0.25\nclipped x\n", "clipped 0\n0 1.0 0.25\n"] {
      #expect(ClassScores(text: wrong) == nil)
    }
  }

  @Test(arguments: [
    "", "1 2\n", "1 2 3 4\n", "x 1.0 0.5\n", "-1 1.0 0.5\n", "1 nan 0.5\n", "1 inf 0.5\n", "1 1.0 1.5\n",
    "1 1.0 -0.1\n",
    "1 1.0 nan\n", "1 1.0 0.5\n2 2.0 0.5\n", "2 1.0 0.5\n1 1.0 0.5\n", "1 1.0 0.5\n1 1.0 0.5\n", "1  1.0 0.5\n",
    (0..<11).map { "\($0) 1.0 0.0\n" }.joined(),
  ])
  func otherTextsAreRefused(_ text: String) {
    #expect(ClassScores(text: text) == nil)
  }
}

@Suite struct PerturbationSignsTests {
  @Test func signsAreABitEachOrTwo() throws {
    let signs = PerturbationSigns(height: 1, width: 3, gradient: [1, -1, 2, -2, 3, -3, 1e-30, 5, -1e-30])
    #expect(signs.values == [1, -1, 1, -1, 1, -1, 1, 1, -1])
    #expect(signs.packed == [0b1101_0101, 0])
    #expect(PerturbationSigns(height: 1, width: 3, packed: signs.packed) == signs)
    let zero = PerturbationSigns(height: 1, width: 3, gradient: [1, 0, -1, -0.0, 3, -3, 1, 5, 0])
    #expect(zero.packed == [0b1101_0001, 0, 0b0000_1010, 1])
    #expect(PerturbationSigns(height: 1, width: 3, packed: zero.packed) == zero)
  }

  @Test func greyOnesHaveOneChannel() {
    let gradient = (0..<64).map { Float($0 % 3) - 0.5 }
    let signs = PerturbationSigns(height: 8, width: 8, gradient: gradient)
    #expect(signs.packed.count == 8)
    #expect(PerturbationSigns(height: 8, width: 8, packed: signs.packed) == signs)
    let photograph = RGBImage(width: 8, height: 8, pixels: [UInt8](repeating: 100, count: 192))
    // -1, 1, 1 and so on, 25.5 grey levels of each channel.
    #expect(signs.attacked(photograph, epsilon: 0.1)?.pixels.prefix(9) == [74, 74, 74, 126, 126, 126, 126, 126, 126])
  }

  @Test func bytesOfAnotherSizeAreRefused() {
    #expect(PerturbationSigns(height: 1, width: 3, packed: [0]) == nil)
    #expect(PerturbationSigns(height: 1, width: 3, packed: [0, 0, 0]) == nil)
    #expect(PerturbationSigns(height: 0, width: 3, packed: []) == nil)
    #expect(PerturbationSigns(height: .max, width: .max, packed: [0]) == nil)
  }

  @Test func attackedAndAmplifiedStayWithinTheGreys() {
    let photograph = RGBImage(width: 2, height: 1, pixels: [0, 100, 255, 10, 128, 250])
    // Planes: red -1 1, green 0 1, blue 1 -1.
    let signs = PerturbationSigns(height: 1, width: 2, gradient: [-1, 1, 0, 1, 1, -1])
    #expect(signs.attacked(photograph, epsilon: 0.1)?.pixels == [0, 100, 255, 36, 154, 225])
    // Where the photograph is black already nothing is taken from it.
    #expect(signs.difference(photograph, epsilon: 0.02, times: 10)?.pixels == [128, 128, 128, 179, 179, 76])
    #expect(signs.difference(photograph, epsilon: 0.1, times: 10)?.pixels == [128, 128, 128, 255, 255, 0])
    #expect(signs.attacked(RGBImage(width: 1, height: 2, pixels: photograph.pixels), epsilon: 0.1) == nil)
  }
}
