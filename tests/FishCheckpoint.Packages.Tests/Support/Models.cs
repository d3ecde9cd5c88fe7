using System.Buffers.Binary;
using System.Text;

namespace FishCheckpoint.Packages.Tests.Support;

/// <summary>A base and a step on it, as the READMEs name them.</summary>
internal static class Models
{
    private const int Values = 4096;

    /// <summary>Writes model.safetensors and step100.safetensors, which differ in a few values.</summary>
    public static async Task WriteAsync(string folder)
    {
        var header = Encoding.UTF8.GetBytes($$$"""{"w":{"dtype":"F32","shape":[64,64],"data_offsets":[0,{{{Values * sizeof(float)}}}]}}""");
        var file = new byte[sizeof(ulong) + header.Length + (Values * sizeof(float))];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, sizeof(ulong));
        for (var index = 0; index < Values; index++)
        {
            Set(file, index, MathF.Sin(index));
        }

        await File.WriteAllBytesAsync(Path.Combine(folder, "model.safetensors"), file);
        for (var index = 0; index < Values; index += 50)
        {
            Set(file, index, MathF.Cos(index));
        }

        await File.WriteAllBytesAsync(Path.Combine(folder, "step100.safetensors"), file);
    }

    private static void Set(Span<byte> file, int index, float value) =>
        BinaryPrimitives.WriteSingleLittleEndian(file[^((Values - index) * sizeof(float))..], value);
}
