using System.Buffers.Binary;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<DType> Types => [.. DTypes.All];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public void ReadData_EveryDtype_IsWhatWasWritten(DType type)
    {
        var model = MemoryModel.Random(
            new Random(1), new TensorInfo("a", type, [4, 2]), new TensorInfo("b", type, [8]), new TensorInfo("e", type, [0]));
        Headers.Write(folder["m"], model);
        using var file = SafetensorsFile.Open(folder["m"]);

        foreach (var tensor in file.Header.Tensors)
        {
            Assert.True(model.Layout.TryIndexOf(tensor.Info.Name, out var index));
            var bytes = new byte[tensor.Info.Bytes];
            file.ReadData(tensor.Begin, bytes);
            Assert.Equal(model.Tensors[index], bytes);
        }

        Assert.Equal(model.Layout.Id, file.Header.ToLayout().Id);
        Assert.Equal(new FileInfo(folder["m"]).Length, file.Header.FileLength);
    }

    [Theory]
    [InlineData(-1, ErrorCode.HeaderDataMismatch)]
    [InlineData(12, ErrorCode.HeaderInvalidJson)]
    public void Open_OtherThanTheKnownHeader_IsRefused(int flipped, ErrorCode code)
    {
        var model = MemoryModel.Random(new Random(1), new TensorInfo("a", DType.F32, [4, 2]));
        Headers.Write(folder["m"], model);
        SafetensorsHeader header;
        using (var file = SafetensorsFile.Open(folder["m"]))
        {
            header = file.Header;
        }

        SafetensorsFile.Open(folder["m"], header).Dispose();
        var bytes = File.ReadAllBytes(folder["m"]);
        File.WriteAllBytes(
            folder["m"], flipped < 0 ? bytes[..^1] : [.. bytes[..flipped], (byte)(bytes[flipped] ^ 1), .. bytes[(flipped + 1)..]]);
        Refused.With(code, () => SafetensorsFile.Open(folder["m"], header));
    }

    [Fact]
    public void Open_MissingFile_IsFileNotFound() => Refused.With(ErrorCode.FileNotFound, () => SafetensorsFile.Open(folder["missing"]));

    [Fact]
    public void Open_MissingFolder_IsFileNotFound() =>
        Refused.With(ErrorCode.FileNotFound, () => SafetensorsFile.Open(folder["no/such/file"]));

    [Fact]
    public void Open_EveryPrefixOfAFile_IsRefused()
    {
        var whole = Headers.File(Headers.One("F32", "[2]", "[0,8]"), 8);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(folder["m"], whole[..length]);
            Assert.Throws<FishException>(() => SafetensorsFile.Open(folder["m"]));
        }

        File.WriteAllBytes(folder["m"], [.. whole, 0]);
        Refused.With(ErrorCode.HeaderDataMismatch, () => SafetensorsFile.Open(folder["m"]));
    }

    [Fact]
    public void Open_HugeDeclaredHeader_IsRefusedBeforeItIsAllocated()
    {
        var file = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(file, SafetensorsHeader.MaxLength);
        File.WriteAllBytes(folder["m"], file);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Refused.With(ErrorCode.HeaderTruncated, () => SafetensorsFile.Open(folder["m"]));
        BinaryPrimitives.WriteUInt64LittleEndian(file, ulong.MaxValue);
        File.WriteAllBytes(folder["m"], file);
        Refused.With(ErrorCode.HeaderTooLarge, () => SafetensorsFile.Open(folder["m"]));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
    }

    [Fact]
    public void Open_HeaderBeyondTheCallersLimit_IsTooLarge()
    {
        File.WriteAllBytes(folder["m"], Headers.File(Headers.One("F32", "[2]", "[0,8]"), 8));

        Refused.With(ErrorCode.HeaderTooLarge, () => SafetensorsFile.Open(folder["m"], maxHeaderLength: 10));
    }

    [Fact]
    public void ReadData_FileCutAfterOpen_IsTruncated()
    {
        File.WriteAllBytes(folder["m"], Headers.File(Headers.One("F32", "[2]", "[0,8]"), 8));
        using var file = SafetensorsFile.Open(folder["m"]);
        using (var cut = new FileStream(folder["m"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            cut.SetLength(cut.Length - 1);
        }

        Refused.With(ErrorCode.BodyTruncated, () => file.ReadData(0, new byte[8]));
    }
}
