using System.Buffers.Binary;
using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Deltas;

/// <summary>A delta in either form, applied to its first state, gives its second.</summary>
public sealed class DeltaTests : ApiTest
{
    private TestModel First { get; set; } = null!;

    private TestModel Second { get; set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        (First, Second) = (Base.Change(1), Base.Change(1).Change(2, 0.08));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, First));
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(2, Second));
    }

    [Theory]
    [InlineData("/2/delta", "base")]
    [InlineData("/2/delta?from=base", "base")]
    [InlineData("/2/delta?from=1", "1")]
    [InlineData("/latest/delta?from=1", "1")]
    public async Task Delta_AsPatch_LeadsToTheState(string path, string from)
    {
        using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync(Steps + path));
        Assert.Equal(Safetensors, response.Content.Headers.ContentType?.MediaType);
        Assert.EndsWith($"/2/delta?from={from}", response.Content.Headers.ContentLocation?.OriginalString, StringComparison.Ordinal);
        using var patch = await OpenAsync(response);
        Assert.Equal(
            (SparsePatchWriter.Format, "task", from, "2", Digest.Of(Base.ToBytes()).ToString()),
            (patch.Header.Metadata["format"], patch.Header.Metadata["task"], patch.Header.Metadata["from"], patch.Header.Metadata["to"],
            patch.Header.Metadata["base"]));
        Assert.All(patch.Header.Tensors, tensor => Assert.Equal(0, tensor.Begin % tensor.Info.UnitSize));
        Assert.Equal(Second.ToBytes(), Apply(patch, from == "1" ? First : Base));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("?from=1", false)]
    public async Task Delta_AsFrames_LeadsToTheState(string query, bool fromBase)
    {
        using var response = await ExpectAsync(
            HttpStatusCode.OK, GetAsync($"{Steps}/2/delta{query}", ("Accept", $"{Safetensors};q=0.5, {Frames}")));
        Assert.Equal(Frames, response.Content.Headers.ContentType?.MediaType);
        var path = await WriteAsync(response);
        using var delta = EncodedDelta.Open(path);
        using var decoder = new DeltaDecoder(delta.Mask!, delta.Values, Base.Layout, parent: null);
        Assert.Equal(Second.ToBytes(), Apply(decoder, fromBase ? Base : First));
    }

    [Fact]
    public async Task Delta_SentBack_IsTheSameCheckpoint()
    {
        foreach (var (form, from) in new[] { (Safetensors, "base"), (Frames, "base"), (Safetensors, "1"), (Frames, "1") })
        {
            using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync($"{Steps}/2/delta?from={from}", ("Accept", form)));
            await ExpectAsync(
                HttpStatusCode.OK, PutAsync($"{Steps}/2?parent={from}", await response.Content.ReadAsByteArrayAsync(Stop), form));
        }
    }

    [Fact]
    public async Task Delta_OfNothing_IsEmptyAndTaken()
    {
        using var response = await ExpectAsync(HttpStatusCode.OK, GetAsync($"{Steps}/2/delta?from=2"));
        using var patch = await OpenAsync(response);
        Assert.Empty(patch.Header.Tensors);
        await ExpectAsync(HttpStatusCode.Created, PutAsync($"{Steps}/3?parent=2", await response.Content.ReadAsByteArrayAsync(Stop)));
        Assert.Equal(Second.ToBytes(), await BytesAsync($"{Steps}/3/model.safetensors"));
    }

    [Fact]
    public async Task Delta_OfUnknown_IsRefused()
    {
        await RefusedAsync(HttpStatusCode.NotFound, "CHECKPOINT_NOT_FOUND", () => GetAsync($"{Steps}/3/delta"));
        await RefusedAsync(HttpStatusCode.NotFound, "CHECKPOINT_NOT_FOUND", () => GetAsync($"{Steps}/2/delta?from=3"));
        await RefusedAsync(HttpStatusCode.NotFound, "TAG_NOT_FOUND", () => GetAsync($"{Steps}/2/delta?from=tag"));
    }

    private async Task<SafetensorsFile> OpenAsync(HttpResponseMessage response) => SafetensorsFile.Open(await WriteAsync(response));

    private async Task<string> WriteAsync(HttpResponseMessage response)
    {
        var path = Path.Combine(Server.DataFolder, $"{Guid.NewGuid():N}.delta");
        var bytes = await response.Content.ReadAsByteArrayAsync(Stop);
        Assert.Equal(response.Content.Headers.ContentLength, bytes.Length);
        await File.WriteAllBytesAsync(path, bytes, Stop);
        return path;
    }

    // Plain loops over the patch's tensors: no code of the domain but the header.
    private static byte[] Apply(SafetensorsFile patch, TestModel model)
    {
        var (file, stored) = (model.ToBytes(), patch.Header.Tensors.ToDictionary(tensor => tensor.Info.Name, StringComparer.Ordinal));
        foreach (var indices in stored.Values.Where(tensor => tensor.Info.Name.EndsWith(".indices", StringComparison.Ordinal)))
        {
            var name = indices.Info.Name[..^".indices".Length];
            var (target, values) = (model.Header.Tensors.Single(tensor => tensor.Info.Name == name), stored[name + ".values"]);
            var (positions, bytes, unit) = (new byte[indices.Info.Bytes], new byte[values.Info.Bytes], target.Info.UnitSize);
            patch.ReadData(indices.Begin, positions);
            patch.ReadData(values.Begin, bytes);
            Assert.Equal((DType.I32, target.Info.Type), (indices.Info.Type, values.Info.Type));
            for (var index = 0; index < positions.Length / 4; index++)
            {
                var position = BinaryPrimitives.ReadInt32LittleEndian(positions.AsSpan(index * 4));
                bytes.AsSpan(index * unit, unit).CopyTo(file.AsSpan((int)(model.Header.DataStart + target.Begin) + (position * unit)));
            }
        }

        return file;
    }

    private static byte[] Apply(DeltaDecoder decoder, TestModel model)
    {
        var (file, chunk) = (model.ToBytes(), new DeltaChunk());
        while (decoder.Read(chunk))
        {
            var target = model.Header.Tensors.Single(tensor => tensor.Info.Name == decoder.Layout.Tensors[chunk.Tensor].Name);
            Units.Scatter(
                file.AsSpan((int)(model.Header.DataStart + target.Begin), (int)target.Info.Bytes), chunk.Positions, 0, chunk.UnitSize,
                chunk.Values);
        }

        return file;
    }
}
