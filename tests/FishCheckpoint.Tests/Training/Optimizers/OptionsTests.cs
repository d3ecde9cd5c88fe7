using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class OptionsTests
{
    private static readonly Mask All = Mask.Dense(new Layout([new("w", DType.F32, [3])]));

    public static TheoryData<SgdOptions> BadSgd =>
    [
        new SgdOptions { LearningRate = -1 }, new SgdOptions { Momentum = double.NaN },
        new SgdOptions { WeightDecay = double.PositiveInfinity },
        new SgdOptions { Nesterov = true }, new SgdOptions { Nesterov = true, Momentum = 0.9, Dampening = 0.1 },
    ];

    public static TheoryData<AdamOptions> BadAdam =>
    [
        new AdamOptions { LearningRate = double.NaN }, new AdamOptions { Beta1 = 1 }, new AdamOptions { Beta2 = -0.1 },
        new AdamOptions { Epsilon = -1 },
        new AdamOptions { WeightDecay = -1 },
    ];

    [Theory]
    [MemberData(nameof(BadSgd))]
    public void Sgd_OptionOutOfItsRange_IsRefused(SgdOptions options) =>
        Refused.With(ErrorCode.RequestInvalid, () => new MaskedSgd(All, options));

    [Theory]
    [MemberData(nameof(BadAdam))]
    public void Adam_OptionOutOfItsRange_IsRefused(AdamOptions options) =>
        Refused.With(ErrorCode.RequestInvalid, () => new MaskedAdam(All, options));

    [Fact]
    public void Defaults_AreThoseOfPyTorch()
    {
        Assert.Equal(
            new AdamOptions { LearningRate = 1e-3, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8, WeightDecay = 0 }, new AdamOptions());
        Assert.Equal(0.01, new AdamWOptions().WeightDecay);
        Assert.Equal(
            new SgdOptions { LearningRate = 1e-3, Momentum = 0, Dampening = 0, WeightDecay = 0, Nesterov = false }, new SgdOptions());
    }
}
