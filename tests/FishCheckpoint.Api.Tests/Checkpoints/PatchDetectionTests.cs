using FishCheckpoint.Api.Checkpoints;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Checkpoints;

public sealed class PatchDetectionTests
{
    [Theory]
    [InlineData(true, "", "a.indices", "a.values")]
    [InlineData(true, "", "a.indices")]
    [InlineData(false, "", "a.indices", "a.values", "b")]
    [InlineData(false, "", "a.weight")]
    [InlineData(false, "a.values", "a.indices", "a.values")]
    public void IsPatch_ByNames(bool expected, string inLayout, params string[] names)
    {
        var header = HeaderWriter.Create(names.Select(name => new TensorInfo(name, DType.I64, [1])));
        Assert.Equal(expected, PatchDetection.IsPatch(header, inLayout.Split(',').Contains));
    }

    [Fact]
    public void IsPatch_Empty_NeedsToSaySo()
    {
        var said = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = SparsePatchWriter.Format };
        Assert.False(PatchDetection.IsPatch(HeaderWriter.Create([]), _ => false));
        Assert.True(PatchDetection.IsPatch(HeaderWriter.Create([], said), _ => false));
    }
}
