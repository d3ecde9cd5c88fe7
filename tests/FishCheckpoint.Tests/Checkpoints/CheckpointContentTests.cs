using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Checkpoints;

public sealed class CheckpointContentTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData(true, "", "a.indices", "a.values")]
    [InlineData(true, "", "a.indices")]
    [InlineData(false, "", "a.indices", "a.values", "b")]
    [InlineData(false, "", "a.weight")]
    [InlineData(false, "a.values", "a.indices", "a.values")]
    public async Task Open_ByNames(bool isPatch, string inLayout, params string[] names)
    {
        await WriteAsync(HeaderWriter.Create(names.Select(name => new TensorInfo(name, DType.I64, [1]))));
        await RequireAsync(isPatch, inLayout);
    }

    [Fact]
    public async Task Open_Empty_NeedsToSaySo()
    {
        await WriteAsync(HeaderWriter.Create([]));
        await RequireAsync(false, "");
        await WriteAsync(
            HeaderWriter.Create([], new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = SparsePatchWriter.Format }));
        await RequireAsync(true, "");
    }

    private Task WriteAsync(SafetensorsHeader header) => File.WriteAllBytesAsync(
        path, [.. header.ToFileBytes(), .. new byte[header.Tensors.Sum(tensor => tensor.Info.Bytes)]],
        TestContext.Current.CancellationToken);

    private async Task RequireAsync(bool isPatch, string inLayout)
    {
        foreach (var mediaType in (string?[])[null, "application/vnd.safetensors"])
        {
            using var content = await CheckpointContent.OpenAsync(
                path, mediaType, () => Task.FromResult<Func<string, bool>>(inLayout.Split(',').Contains));
            Assert.Equal(isPatch, content is CheckpointContent.Sparse);
        }
    }
}
