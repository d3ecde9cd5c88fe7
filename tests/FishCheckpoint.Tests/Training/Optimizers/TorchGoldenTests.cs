using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

/// <summary>
/// What libtorch 1.13 (CPU) holds after six steps of <c>torch::optim</c> with these options, on <c>w[i] = ((37 i) mod 101 - 50) / 64</c>
/// and <c>g[i] = ((53 i + 29 step) mod 97 - 48) / 256</c>, 11 values. Its vectorized loops may fuse multiplications with additions, so the
/// last bits may differ.
/// </summary>
public sealed class TorchGoldenTests
{
    private const int Count = 11;

    private static readonly Mask All = Mask.Dense(new Layout([new("w", DType.F32, [Count])]));

    [Fact]
    public void Adam_Defaults_AgreesWithLibtorch() => Check(new MaskedAdam(All),
        0xBF47DE0A, 0xBE50814E, 0x3EBF5A4C, 0xBF207FBB, 0xBD3DED39, 0x3F08A722, 0xBEF12AC2, 0x3DE734C7, 0x3F2F1968, 0xBE9EEA75, 0x3E87B578);

    [Fact]
    public void Adam_WithL2_AgreesWithLibtorch() => Check(
        new MaskedAdam(All, new AdamOptions { LearningRate = 0.02, Beta1 = 0.8, Beta2 = 0.99, Epsilon = 1e-6, WeightDecay = 0.1 }),
        0xBF35680A, 0xBE43D755, 0x3EA593CE, 0xBF1BA455, 0xBD0D4BAF, 0x3F0922DB, 0xBEDDA2D5, 0x3E2AD182, 0x3F17F8EF, 0xBE7FEAFA, 0x3E6F6F37);

    [Fact]
    public void Adam_SmallBeta1_AgreesWithLibtorchsLerpFromTheOtherEnd() => Check(
        new MaskedAdam(All, new AdamOptions { LearningRate = 0.02, Beta1 = 0.3, Beta2 = 0.99, Epsilon = 1e-6 }),
        0xBF4AAD2D, 0xBE3F7880, 0x3EA9BEB7, 0xBF2332B0, 0xBD54FCDE, 0x3F0CD385, 0xBEFD1FD5, 0x3E24F362, 0x3F231816, 0xBE94EA06, 0x3E7FED89);

    [Fact]
    public void AdamW_Defaults_AgreesWithLibtorch() => Check(new MaskedAdamW(All),
        0xBF47DAF8, 0xBE507E19, 0x3EBF5758, 0xBF207D45, 0xBD3DEA4E, 0x3F08A508, 0xBEF1270E, 0x3DE73148, 0x3F2F16B5, 0xBE9EE802, 0x3E87B362);

    [Fact]
    public void Sgd_NoMomentum_AgreesWithLibtorch() => Check(new MaskedSgd(All, new SgdOptions { LearningRate = 0.1 }),
        0xBF4B0000, 0xBE400000, 0x3EAF3332, 0xBF216666, 0xBD80CCCD, 0x3F0AE667, 0xBEEF999A, 0x3E0CCCCC, 0x3F2ACCCC, 0xBE9C6666, 0x3E863334);

    [Fact]
    public void Sgd_MomentumDampeningAndDecay_AgreesWithLibtorch() => Check(
        new MaskedSgd(All, new SgdOptions { LearningRate = 0.1, Momentum = 0.9, Dampening = 0.2, WeightDecay = 0.05 }),
        0xBF3A3B4C, 0xBE428930, 0x3E943139, 0xBF22079F, 0xBD4E481C, 0x3F0EA559, 0xBEED0E8B, 0x3E48A5BB, 0x3F0DCCA2, 0xBE7CEF93, 0x3E6E9A5B);

    [Fact]
    public void Sgd_Nesterov_AgreesWithLibtorch() => Check(
        new MaskedSgd(All, new SgdOptions { LearningRate = 0.1, Momentum = 0.9, WeightDecay = 0.05, Nesterov = true }),
        0xBF38E5DB, 0xBE1D8166, 0x3E702F4A, 0xBF1B1961, 0xBD877EF6, 0x3F09FA3F, 0xBEE475A1, 0x3E5C7611, 0x3F02B6DD, 0xBE726E06, 0x3E6B3563);

    private static void Check(MaskedOptimizer optimizer, params uint[] expected)
    {
        float[] weights = [.. Enumerable.Range(0, Count).Select(index => (((index * 37) % 101) - 50) / 64f)];
        for (var step = 1; step <= 6; step++)
        {
            float[] gradients = [.. Enumerable.Range(0, Count).Select(index => ((((index * 53) + (step * 29)) % 97) - 48) / 256f)];
            optimizer.Step(_ => weights, _ => gradients);
        }

        Assert.All(weights.Zip(expected), pair => Assert.InRange((long)BitConverter.SingleToUInt32Bits(pair.First) - pair.Second, -2, 2));
    }
}
