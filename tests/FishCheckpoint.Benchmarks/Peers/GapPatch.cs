using System.Runtime.InteropServices;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>
/// The sparse safetensors patch, version 3, in its encoding <c>gap_delta</c>: gaps of 16 bits, or of 32 in a tensor that has a larger one.
/// </summary>
internal sealed class GapPatch : IPeer
{
    public string Name => "sparse patch, gap_delta";

    public byte[] Encode(Checkpoint before, Checkpoint after)
    {
        var (buffer, tensors) = (Array.Empty<int>(), new List<(TensorInfo Info, byte[] Bytes)>());
        for (var tensor = 0; tensor < before.Tensors.Length; tensor++)
        {
            var info = before.Layout.Tensors[tensor];
            var positions = Changes.Of(before, after, tensor, ref buffer);
            if (positions.Length > 0)
            {
                var (type, gaps) = Gaps(positions);
                tensors.Add((new TensorInfo($"{info.Name}.idx", type, [positions.Length]), gaps));
                tensors.Add(
                    (new TensorInfo($"{info.Name}.val", info.Type, [positions.Length]),
                    Changes.Gather(after.Tensors[tensor], info.UnitSize, positions)));
            }
        }

        var metadata = SparsePatch.Metadata(
            before, tensors.Count / 2, tensors.Where((_, index) => index % 2 == 0).Sum(tensor => tensor.Info.Elements));
        return Safetensors.Write(tensors, new Dictionary<string, string>(metadata, StringComparer.Ordinal) { ["encoding"] = "gap_delta" });
    }

    public void Decode(Checkpoint before, byte[] encoded, Checkpoint target)
    {
        var file = Safetensors.Read(encoded);
        for (var tensor = 0; tensor < target.Tensors.Length; tensor++)
        {
            var info = target.Layout.Tensors[tensor];
            if (file.TryGet($"{info.Name}.idx", out var gaps, out var type) && file.TryGet($"{info.Name}.val", out var values, out _))
            {
                Changes.Scatter(target.Tensors[tensor], info.UnitSize, Positions(gaps, type!), values);
            }
        }
    }

    private static (DType Type, byte[] Bytes) Gaps(ReadOnlySpan<int> positions)
    {
        var (narrow, wide, previous, most) = (new ushort[positions.Length], new uint[positions.Length], -1, 0u);
        for (var index = 0; index < positions.Length; index++)
        {
            var gap = (uint)(positions[index] - previous - 1);
            (narrow[index], wide[index], previous, most) = ((ushort)gap, gap, positions[index], Math.Max(most, gap));
        }

        return most <= ushort.MaxValue ? (DType.U16, MemoryMarshal.AsBytes(narrow.AsSpan()).ToArray())
            : (DType.U32, MemoryMarshal.AsBytes(wide.AsSpan()).ToArray());
    }

    private static int[] Positions(ReadOnlySpan<byte> gaps, TensorInfo info)
    {
        var (positions, previous) = (new int[info.Elements], -1);
        for (var index = 0; index < positions.Length; index++)
        {
            var gap = info.Type == DType.U16 ? MemoryMarshal.Cast<byte, ushort>(gaps)[index] : MemoryMarshal.Cast<byte, uint>(gaps)[index];
            positions[index] = previous = previous + 1 + (int)gap;
        }

        return positions;
    }
}
