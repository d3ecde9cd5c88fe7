using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class MaskReportTests
{
    private static readonly Layout Tensors = MaskBudgetTests.Layout(
        ("embedding", DType.F32, 20), ("ids", DType.I64, 5), ("head", DType.F32, 4), ("tied", DType.F32, 20), ("empty", DType.F32, 0));

    [Fact]
    public void Of_MaskAndRule_AddsUp()
    {
        var memory = new byte[80];
        var other = new byte[80];
        var tied = TiedTensors.Find(Tensors, tensor => tensor is 0 or 3 ? memory : other.AsSpan(0, (int)Tensors.Tensors[tensor].Bytes));
        var rule = new MaskRule { Ratio = 0.25, Tied = tied, AlwaysTrained = MaskRule.Named("head") };

        var report = MaskReport.Of(MaskSelection.Random(Tensors, rule, seed: 1), rule);

        Assert.Equal([2, 0, 4, 2, 0], report.Tensors.Select(tensor => tensor.Positions));
        Assert.Equal(
            [TensorRole.Competing, TensorRole.Frozen, TensorRole.AlwaysTrained, TensorRole.Alias, TensorRole.Competing],
            report.Tensors.Select(tensor => tensor.Role));
        Assert.Equal([0.25, 0, 0.5, 0.25, 0], report.Tensors.Select(tensor => tensor.Share));
        Assert.Equal([0.1, 0, 1, 0.1, 0], report.Tensors.Select(tensor => tensor.Density));
        Assert.Equal((49, 24, 8, 6, 0.25), (report.Elements, report.Trainable, report.Positions, report.Counted, report.Density));
    }

    [Fact]
    public void Of_MaskAlone_CountsEveryTensor()
    {
        var report = MaskReport.Of(Mask.Dense(Tensors, tensor => tensor.Name == "ids"));

        Assert.Equal((49, 49, 5, 5 / 49.0), (report.Elements, report.Trainable, report.Counted, report.Density));
        Assert.Equal(0, MaskReport.Of(Mask.Create(Tensors, [])).Tensors[0].Share);
    }
}
