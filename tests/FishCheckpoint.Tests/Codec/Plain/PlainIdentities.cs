using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PlainFormat;

/// <summary>The identities that a frame carries (container, "Identities").</summary>
internal static class PlainIdentities
{
    public static byte[] OfLayout(PlainTensor[] layout)
    {
        List<byte> content = [.. "fishcheckpoint layout 1\n"u8];
        foreach (var tensor in layout)
        {
            var name = Encoding.UTF8.GetBytes(tensor.Name);
            content.AddRange([.. Number(name.Length), .. name, (byte)tensor.Number, .. Number(tensor.Shape.Length)]);
            content.AddRange(tensor.Shape.SelectMany(Number));
        }

        return SHA256.HashData([.. content]);
    }

    /// <param name="layout">The layout.</param>
    /// <param name="positions">Of each of its tensors.</param>
    public static byte[] OfMask(PlainTensor[] layout, List<long>[] positions)
    {
        List<byte> content = [.. "fishcheckpoint mask 1\n"u8, .. OfLayout(layout)];
        for (var tensor = 0; tensor < layout.Length; tensor++)
        {
            if (positions[tensor].Count > 0)
            {
                AddVarint(content, tensor + 1);
                for (var index = 0; index < positions[tensor].Count; index++)
                {
                    AddVarint(content, positions[tensor][index] - (index == 0 ? -1 : positions[tensor][index - 1]));
                }

                AddVarint(content, 0);
            }
        }

        AddVarint(content, 0);
        return SHA256.HashData([.. content]);
    }

    private static byte[] Number(long number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes;
    }

    private static void AddVarint(List<byte> content, long number)
    {
        for (; number >= 128; number /= 128)
        {
            content.Add((byte)((number % 128) + 128));
        }

        content.Add((byte)number);
    }
}
