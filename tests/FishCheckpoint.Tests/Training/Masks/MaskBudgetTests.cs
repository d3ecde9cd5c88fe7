using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class MaskBudgetTests
{
    [Fact]
    public void Compute_BertLargeCasedWithTwoClassesAtHalfAPercent_GivesThePapersBudget()
    {
        var layout = BertLargeCased(classes: 2);

        var budget = MaskBudget.Compute(layout, new MaskRule { Ratio = 0.005, AlwaysTrained = MaskRule.NamePrefix("classifier.") });

        Assert.Equal(333_581_314, budget.Trainable);
        Assert.Equal(1_667_906, budget.Total);
        Assert.Equal(2050, budget.AlwaysTrained);
        Assert.Equal(1_665_856, budget.Free);
    }

    [Fact]
    public void Top_BertLargeCased_HoldsExactlyThePapersBudget()
    {
        // Each tensor's scores are a part of one buffer as long as the largest: the sizes are real, the memory is not.
        var layout = BertLargeCased(classes: 2);
        var buffer = new float[layout.Tensors.Max(tensor => tensor.Units)];
        for (var (index, bits) = (0, 1u); index < buffer.Length; index++)
        {
            buffer[index] = (bits = (bits * 1664525) + 1013904223) >> 8;
        }

        var rule = new MaskRule { Ratio = 0.005, AlwaysTrained = MaskRule.NamePrefix("classifier.") };
        var mask = MaskSelection.Top(layout, tensor => buffer.AsSpan((int)(buffer.Length - layout.Tensors[tensor].Units)), rule);

        Assert.Equal(1_667_906, mask.Count);
        Assert.Equal((0.005, 393), (Math.Round(MaskReport.Of(mask, rule).Density, 8), mask.Tensors.Count));
    }

    [Theory]
    [InlineData(0.29, 100, 29)]
    [InlineData(0.005, 1000, 5)]
    [InlineData(0.005, 1199, 5)]
    [InlineData(0, 100, 0)]
    [InlineData(1, 100, 100)]
    public void Compute_Ratio_RoundsTheWrittenDecimalDown(double ratio, int elements, long expected) =>
        Assert.Equal(expected, MaskBudget.Compute(Layout(("w", DType.F32, elements)), new MaskRule { Ratio = ratio }).Total);

    [Fact]
    public void Compute_IntegerTensors_CountInNoBudget()
    {
        var layout = Layout(("w", DType.F32, 100), ("position_ids", DType.I64, 100_000));

        Assert.Equal(100, MaskBudget.Compute(layout, new MaskRule { Ratio = 0.5 }).Trainable);
    }

    [Fact]
    public void Compute_HeadAsLargeAsTheBudget_LeavesNothingFree()
    {
        var layout = Layout(("w", DType.F32, 90), ("head", DType.F32, 10));

        Assert.Equal(0, MaskBudget.Compute(layout, new MaskRule { Ratio = 0.1, AlwaysTrained = MaskRule.NamePrefix("head") }).Free);
    }

    [Fact]
    public void Compute_HeadLargerThanTheBudget_IsRefused()
    {
        var layout = Layout(("w", DType.F32, 90), ("head", DType.F32, 10));

        var error = Assert.Throws<FishException>(
            () => MaskBudget.Compute(layout, new MaskRule { Ratio = 0.09, AlwaysTrained = MaskRule.NamePrefix("head") }));

        Assert.Equal(ErrorCode.RequestInvalid, error.Code);
        Assert.Contains("10 elements", error.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Compute_RatioOutsideOfZeroToOne_IsRefused(double ratio)
    {
        var error = Assert.Throws<FishException>(() => MaskBudget.Compute(Layout(("w", DType.F32, 9)), new MaskRule { Ratio = ratio }));

        Assert.Equal(ErrorCode.RequestInvalid, error.Code);
    }

    internal static Layout Layout(params (string Name, DType Type, long Elements)[] tensors) =>
        new([.. tensors.Select(tensor => new TensorInfo(tensor.Name, tensor.Type, [tensor.Elements]))]);

    // transformers, BertForSequenceClassification with bert-large-cased's configuration.
    private static Layout BertLargeCased(int classes)
    {
        const int Hidden = 1024, Inner = 4096, Layers = 24;
        var tensors = new List<TensorInfo>();
        Add("bert.embeddings.word_embeddings.weight", 28996, Hidden);
        Add("bert.embeddings.position_embeddings.weight", 512, Hidden);
        Add("bert.embeddings.token_type_embeddings.weight", 2, Hidden);
        AddPair("bert.embeddings.LayerNorm", Hidden);
        for (var layer = 0; layer < Layers; layer++)
        {
            var prefix = $"bert.encoder.layer.{layer}";
            foreach (var name in new[] { "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense" })
            {
                AddPair($"{prefix}.{name}", Hidden, Hidden);
            }

            AddPair($"{prefix}.attention.output.LayerNorm", Hidden);
            AddPair($"{prefix}.intermediate.dense", Inner, Hidden);
            AddPair($"{prefix}.output.dense", Hidden, Inner);
            AddPair($"{prefix}.output.LayerNorm", Hidden);
        }

        AddPair("bert.pooler.dense", Hidden, Hidden);
        AddPair("classifier", classes, Hidden);
        return new Layout([.. tensors]);

        void Add(string name, params long[] shape) => tensors.Add(new TensorInfo(name, DType.F32, shape));

        void AddPair(string name, params long[] shape)
        {
            Add($"{name}.weight", shape);
            Add($"{name}.bias", shape[0]);
        }
    }
}
