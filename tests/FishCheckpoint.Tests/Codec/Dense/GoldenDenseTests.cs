using System.Numerics;
using System.Runtime.InteropServices;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Dense;

/// <summary>
/// Dense units that version 1 wrote stay readable, in each form of a plane that it writes. What is written may change, for an encoder may
/// choose better.
/// </summary>
public sealed class GoldenDenseTests
{
    private readonly UnitCoder coder = new();

    public static TheoryData<string, DType> Files => new()
    {
        { "dense.weights", DType.BF16 }, { "dense.counts", DType.I32 }, { "dense.rows", DType.F16 },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Decode_GoldenBytes_AreTheUnits(string name, DType type)
    {
        var (golden, expected) = (Golden(name), UnitsOf(name));
        var units = new byte[expected.Length];
        coder.Decode(golden, type, units);
        Assert.Equal(expected, units);

        var encoded = new byte[expected.Length + UnitCoder.Overhead];
        Assert.InRange(coder.Encode(type, expected, encoded), 1, golden.Length + 8);
    }

    [Theory]
    [InlineData("dense.weights", (byte)PlaneForm.Stored)]
    [InlineData("dense.counts", (byte)PlaneForm.Symbols)]
    [InlineData("dense.rows", (byte)PlaneForm.Lz4)]
    public void Golden_Files_BeginWithTheFormTheyAreFor(string name, byte form) => Assert.Equal(form, Golden(name)[0]);

    internal static byte[] UnitsOf(string name) => name switch
    {
        // Exponents as of a normal distribution, mantissas of a multiplicative hash.
        "dense.weights" => Bytes<ushort>(
            600, index => (ushort)(((Hash(index) & 1) << 15) | ((118 - (uint)BitOperations.TrailingZeroCount(Hash(index) | 0x100)) << 7)
            | ((Hash(index) >> 9) & 0x7F))),
        "dense.counts" => Bytes<uint>(600, index => (uint)BitOperations.PopCount(Hash(index) & 0xFF)),
        _ => Bytes<ushort>(900, index => (ushort)Hash(index % 45)),
    };

    private static uint Hash(int index)
    {
        var mixed = ((uint)index + 1) * 2654435761;
        mixed = (mixed ^ (mixed >> 15)) * 2246822519;
        return mixed ^ (mixed >> 13);
    }

    private static byte[] Bytes<T>(int count, Func<int, T> unit)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(Enumerable.Range(0, count).Select(unit).ToArray()).ToArray();

    private static byte[] Golden(string name) => Convert.FromHexString(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Codec", "Golden", $"{name}.v1.hex")).ReplaceLineEndings(""));
}
