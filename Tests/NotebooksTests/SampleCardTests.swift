import Figures
import Notebooks
import Results
import Support
import Testing
import Typesetting

@Suite struct SampleCardTests {
  private let made = MadeUpResults(
    models: ["a"], names: ["A"], imageCount: 6, epsilons: [0.01, 0.1], deadEvery: 1)

  private func ranked() -> [Measurement] {
    made.results.measurements.filter { $0.epsilon == 0.1 }.sorted {
      ($0.dissimilarity, $0.image) < ($1.dissimilarity, $1.image)
    }
  }

  @Test(arguments: [("greatest", 5), ("median", 2), ("least", 0)])
  func theImageIsChosenByItsDrift(_ word: String, _ rank: Int) throws {
    let result = try notebook("```{sample-card}\nlabel: fig-card\nsample: \(word)\n```", made)
    #expect(result.problems == [])
    let row = ranked()[rank]
    #expect(
      result.document.says(
        "A on \(row.image) (s\(row.label + 1)), the image with the \(word) drift (NISSIM) at ε = 0.1. From above:"))
    try #require(result.figures.count > 0)
    let texts = result.figures[0].frame.texts.map(\.text)
    #expect(texts.contains(Numbers.fixed(row.dissimilarity, 3)) || row.adversarialPeak == 0)
    #expect(["image", "perturbation", "ε = 0.1, × 10", "heatmap", "logit", "softmax"].allSatisfy(texts.contains))
  }

  @Test func logitsBeforeAndAfter() throws {
    let source = "```{sample-card}\nimage: s2/10.pgm\namplify: 5\n```"
    let frame = try notebook(source, made).figures[0].frame
    let texts = frame.texts
    // Five of eight classes either side; the true class leads on the clean image and falls to -1.
    let left = texts.filter { $0.origin.x < 260 && $0.origin.y > frame.size.height - 72 }.map(\.text)
    #expect(left.contains("9.00") && left.contains("4.00") && left.contains("0.00") && left.contains("−3.00"))
    let right = texts.filter { $0.origin.x > 275 && $0.origin.y > frame.size.height - 72 }
    #expect(right.map(\.text).contains("10.00"))
    #expect(right.map(\.text).contains("−1.00"))
    #expect(right.first { $0.text == "s2" }?.font.bold == true)
    #expect(texts.map(\.text).contains("ε = 0.1, × 5"))
  }

  @Test func anImageThatIsNotThere() throws {
    let result = try notebook("```{sample-card}\nimage: s22/10.pgm\n```", made)
    #expect(
      result.problems.map(\.description) == [
        """
        test.md:2: the experiment has no complete results of an image `s22/10.pgm`
          Did you mean `s2/10.pgm`?
        """
      ])
  }
}
