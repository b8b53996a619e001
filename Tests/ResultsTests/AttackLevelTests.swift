import Results
import Testing

@Suite struct AttackLevelTests {
  @Test(
    arguments: [
      (0.02, "0.02"), (1, "1"), (0.00001, "0.00001"), (0, "0"), (0.0123456, "0.0123456"), (8.0 / 255, "8/255"),
      (1.0 / 255, "1/255"), (300.0 / 255, "300/255"), (1.0 / 3, "1/3"), (51.0 / 255, "0.2"), (8.0 / 256, "0.03125"),
      (2.5 / 255, "1/102"),
    ] as [(Double, String)])
  func isPrintedAsPeopleWriteIt(_ value: Double, _ text: String) {
    #expect(AttackLevel.short(value) == text)
    #expect(AttackLevel.exact(value) == text)
  }

  @Test func otherNumbersHaveAllTheirDigits() {
    #expect(AttackLevel.short(0.1234567890123) == nil)
    #expect(AttackLevel.exact(0.1234567890123) == "0.1234567890123")
    #expect(AttackLevel.exact(1e-30) == "1e-30")
    #expect(AttackLevel.short(.nan) == nil && AttackLevel.short(.infinity) == nil)
  }
}
