using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd.Saving;

/// <summary>
/// A patch in memory, as a trainer holds what it changed; each turn moves it a little, so that no two saves are the same.
/// </summary>
internal sealed class PatchBody
{
    private readonly byte[] file;
    private readonly SafetensorsHeader header;

    public PatchBody(string path)
    {
        file = File.ReadAllBytes(path);
        using var opened = SafetensorsFile.Open(path);
        header = opened.Header;
    }

    /// <summary>The number of changed values.</summary>
    public long Changed => Of(SparsePatchReader.ValuesSuffix).Sum(tensor => tensor.Info.Elements);

    /// <summary>Changes the low bits of every value.</summary>
    public void MoveValues(Random random)
    {
        foreach (var tensor in Of(SparsePatchReader.ValuesSuffix))
        {
            foreach (ref var bits in MemoryMarshal.Cast<byte, int>(BytesOf(tensor).Span))
            {
                bits ^= random.Next(1, 1 << 10);
            }
        }
    }

    /// <summary>Moves one position of each tensor, as far as its neighbours leave room: another mask of the same size.</summary>
    public void MovePositions(Random random)
    {
        foreach (var tensor in Of(SparsePatchReader.IndicesSuffix).Where(tensor => tensor.Info.Elements > 1))
        {
            var positions = MemoryMarshal.Cast<byte, int>(BytesOf(tensor).Span);
            var place = random.Next(positions.Length - 1);
            positions[place] = random.Next(place == 0 ? 0 : positions[place - 1] + 1, positions[place + 1]);
        }
    }

    /// <summary>The patch as the body of a request.</summary>
    public HttpContent ToContent() =>
        new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/vnd.safetensors") } };

    /// <summary>The positions, as a mask of a layout.</summary>
    public Mask ToMask(Layout layout) => Mask.Create(layout, Of(SparsePatchReader.IndicesSuffix).Select(tensor => new TensorMask(
        IndexOf(layout, tensor, SparsePatchReader.IndicesSuffix),
        MemoryMarshal.Cast<byte, int>(BytesOf(tensor).Span).ToArray().Select(index => (long)index).ToArray())));

    /// <summary>The values, on the positions' mask; not copied.</summary>
    public Delta ToDelta(Mask mask)
    {
        var values = Of(SparsePatchReader.ValuesSuffix)
            .ToDictionary(tensor => IndexOf(mask.Layout, tensor, SparsePatchReader.ValuesSuffix), BytesOf);
        return new Delta(mask, [.. mask.Tensors.Select(tensor => (ReadOnlyMemory<byte>)values[tensor.Tensor])]);
    }

    private static int IndexOf(Layout layout, StoredTensor tensor, string suffix) =>
        layout.TryIndexOf(tensor.Info.Name[..^suffix.Length], out var index) ? index : throw new InvalidDataException(tensor.Info.Name);

    private IEnumerable<StoredTensor> Of(string suffix) =>
        header.Tensors.Where(tensor => tensor.Info.Name.EndsWith(suffix, StringComparison.Ordinal));

    private Memory<byte> BytesOf(StoredTensor tensor) =>
        file.AsMemory(checked((int)(header.DataStart + tensor.Begin)), checked((int)tensor.Info.Bytes));
}
