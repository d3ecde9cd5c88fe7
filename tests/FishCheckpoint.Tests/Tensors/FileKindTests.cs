using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class FileKindTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, byte[]> Others => new()
    {
        { "is empty", [] },
        { "HTML page", "<!DOCTYPE html><html><title>Sign in</title></html>"u8.ToArray() },
        { "HTML page", [0xef, 0xbb, 0xbf, .. "\n <HTML>"u8] },
        { "HTML page", "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"u8.ToArray() },
        { "Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"u8.ToArray() },
        { "gzip", [0x1f, 0x8b, 8, 0, .. new byte[30]] },
        { "zip archive", [.. "PK"u8, 3, 4, .. new byte[30]] },
        { "Zstandard", [0x28, 0xb5, 0x2f, 0xfd, .. new byte[30]] },
        { "xz", [0xfd, .. "7zXZ"u8, 0, .. new byte[30]] },
        { "tar archive", [.. new byte[257], .. "ustar"u8, 0, .. new byte[240]] },
        { "GGUF", [.. "GGUF"u8, 3, 0, 0, 0, .. new byte[30]] },
        { "HDF5", [0x89, .. "HDF\r\n"u8, .. new byte[30]] },
        { "NumPy", [0x93, .. "NUMPY"u8, 1, 0, .. new byte[30]] },
        { "pickle", [0x80, 2, (byte)'}', .. new byte[30]] },
        { "text", "Entry not found, please check the address"u8.ToArray() },
        { "text", "{\"error\":\"Repository not found\"}"u8.ToArray() },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Others))]
    public void Open_AnotherFile_IsCalledWhatItIs(string what, byte[] content)
    {
        File.WriteAllBytes(folder["model.safetensors"], content);
        var error = Refused.With(ErrorCode.NotSafetensors, () => SafetensorsFile.Open(folder["model.safetensors"]));
        Assert.Contains(what, error.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x1f, 0x8b)]
    [InlineData('P', 'K')]
    [InlineData('{', '"')]
    public void Open_HeaderWhoseLengthLooksLikeAnother_IsRead(int first, int second)
    {
        var length = first | (second << 8);
        File.WriteAllBytes(folder["model.safetensors"],
            [(byte)first, (byte)second, 0, 0, 0, 0, 0, 0, .. "{}"u8, .. Enumerable.Repeat((byte)' ', length - 2)]);
        using var opened = SafetensorsFile.Open(folder["model.safetensors"]);
        Assert.Empty(opened.Header.Tensors);
    }

    [Fact]
    public void Open_TruncatedDownload_IsCalledThat()
    {
        var whole = Headers.File(Headers.One("F32", "[100]", "[0,400]"), 400);
        File.WriteAllBytes(folder["model.safetensors"], whole[..200]);
        Assert.Contains("truncated",
            Refused.With(ErrorCode.HeaderDataMismatch, () => SafetensorsFile.Open(folder["model.safetensors"])).Cause,
            StringComparison.Ordinal);
    }
}
