using FishCheckpoint.Interchange.Formats.Adapters;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Torch;
using Xunit;

namespace FishCheckpoint.Tests.Interchange;

public sealed class FloatSumTests
{
    private static readonly DType[] Types = [DType.F32, DType.F64, DType.F16, DType.BF16];

    public static TheoryData<DType, DType> Pairs =>
        [.. Types.SelectMany(_ => Types, (left, right) => new TheoryDataRow<DType, DType>(left, right))];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Add_AnyBits_GivesWhatPyTorchGives(DType dense, DType sparse)
    {
        using var model = TorchModel.Open(GoldenFiles.PathOf("sums.pt"));
        var tensors = GoldenFiles.ReadAll(model).ToDictionary(tensor => tensor.Name, tensor => tensor.Bytes, StringComparer.Ordinal);
        var (name, size, width) = ($"{DTypes.NameOf(dense)}+{DTypes.NameOf(sparse)}", DTypes.UnitSizeOf(dense), DTypes.UnitSizeOf(sparse));
        var (left, right, expected) = (tensors[$"{name}/dense"], tensors[$"{name}/sparse"], tensors[$"{name}/sum"]);
        for (var index = 0; index < left.Length / size; index++)
        {
            var sum = left.AsSpan(index * size, size).ToArray();
            FloatSum.Add(dense, sum, sparse, right.AsSpan(index * width, width));

            // PyTorch rounds several to bfloat16 at once, and there makes FFFF of what is no number, or one, and makes 7FC0 of it.
            var noNumber = dense == DType.BF16 && double.IsNaN(FloatSum.Wide(dense, expected.AsSpan(index * size, size)))
                && sum is [0xC0, 0x7F];
            Assert.True(
                noNumber || expected.AsSpan(index * size, size).SequenceEqual(sum),
                $"{index}: {Convert.ToHexString(expected, index * size, size)} is expected, not {Convert.ToHexString(sum)}.");
        }
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    public void TryFind_SumsOfAnyDifference_AreFoundAgain(DType type)
    {
        // Whatever came of a difference has one: not always the same, but always the same sum.
        var random = new Random(11);
        var (size, width) = (DTypes.UnitSizeOf(type), DTypes.UnitSizeOf(ShiraDifference.TypeOf(type)));
        byte[] before = new byte[size], after = new byte[size], difference = new byte[width];
        var (found, tried) = (0, 0);
        while (tried < 20_000)
        {
            random.NextBytes(before);
            random.NextBytes(difference);
            before.CopyTo(after, 0);
            FloatSum.Add(type, after, ShiraDifference.TypeOf(type), difference);
            if (double.IsNaN(FloatSum.Wide(type, after)) || before.AsSpan().SequenceEqual(after))
            {
                continue;
            }

            tried++;
            if (ShiraDifference.TryFind(type, before, after, difference))
            {
                FloatSum.Add(type, before, ShiraDifference.TypeOf(type), difference);
                Assert.Equal(after, before);
                found++;
            }
        }

        Assert.Equal(tried, found);
    }
}
