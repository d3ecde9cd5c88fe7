using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class DeltaComposerTests
{
    private static readonly Layout Layout = MaskBudgetTests.Layout(
        ("a", DType.F32, 40), ("b", DType.BF16, 30), ("c", DType.F64, 9), ("d", DType.U8, 5));

    [Fact]
    public void Compose_AnyTwo_DoesWhatBothDoOneAfterTheOther() => Properties.ForSeeds(200, random =>
    {
        var (first, second) = (Draw(random), Draw(random));
        var (expected, found) = (Zeros(), Zeros());
        Apply(first, expected);
        Apply(second, expected);

        var composed = DeltaComposer.Compose(first, second);
        Apply(composed, found);

        Assert.Equal(expected, found);
        Assert.Equal(FishCheckpoint.Training.MaskSets.Union(first.Mask, second.Mask).Id, composed.Mask.Id);
    });

    [Fact]
    public void Compose_OtherLayouts_IsRefused()
    {
        var other = MaskBudgetTests.Layout(("a", DType.F32, 41));
        var delta = MaskedState.Gather(Mask.Dense(other), _ => new byte[164]);

        Assert.Throws<ArgumentException>(() => DeltaComposer.Compose(Draw(new Random(1)), delta));
    }

    private static byte[][] Zeros() => [.. Layout.Tensors.Select(tensor => new byte[tensor.Bytes])];

    private static Delta Draw(Random random)
    {
        var mask = Mask.Create(Layout, Layout.Tensors.Select((tensor, index) => new TensorMask(
            index, Enumerable.Range(0, (int)tensor.Units).Where(_ => random.Next(3) == 0).Select(position => (long)position).ToArray())));
        return MaskedState.Gather(mask, tensor =>
        {
            var bytes = new byte[Layout.Tensors[tensor].Bytes];
            random.NextBytes(bytes);
            return bytes;
        });
    }

    // The plain reference: unit by unit.
    private static void Apply(Delta delta, byte[][] state)
    {
        for (var index = 0; index < delta.Mask.Tensors.Count; index++)
        {
            var (tensor, unit) = (delta.Mask.Tensors[index], Layout.Tensors[delta.Mask.Tensors[index].Tensor].UnitSize);
            for (var position = 0; position < tensor.Positions.Length; position++)
            {
                delta.Values[index].Slice(position * unit, unit)
                    .CopyTo(state[tensor.Tensor].AsMemory((int)tensor.Positions.Span[position] * unit));
            }
        }
    }
}
