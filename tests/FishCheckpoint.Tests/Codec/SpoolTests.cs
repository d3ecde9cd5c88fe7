using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class SpoolTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(Spool.MemoryLimit, 0)]
    [InlineData(Spool.MemoryLimit + 1, 1)]
    [InlineData(Spool.MemoryLimit * 2, 1)]
    public void Read_AnyPart_IsWhatWasWritten(int length, int files)
    {
        var random = new Random(length);
        var bytes = new byte[length];
        random.NextBytes(bytes);
        using (var spool = new Spool(folder["spools"]))
        {
            for (var start = 0; start < length;)
            {
                var part = Math.Min(random.Next(200_000), length - start);
                spool.Write(bytes.AsSpan(start, part));
                start += part;
                var from = random.Next(start + 1);
                var read = new byte[Math.Min(100, start - from)];
                spool.Read(from, read); // reading between writes moves nothing
                Assert.Equal(bytes[from..(from + read.Length)], read);
            }

            var whole = new byte[length];
            spool.Read(0, whole);
            Assert.True(bytes.AsSpan().SequenceEqual(whole));
            Assert.Equal(length, spool.Length);
            Assert.Equal(files, Directory.Exists(folder["spools"]) ? Directory.GetFiles(folder["spools"]).Length : 0);
        }

        Assert.False(Directory.Exists(folder["spools"]) && Directory.EnumerateFiles(folder["spools"]).Any());
    }

    [Fact]
    public void Write_OnePieceBeyondTheLimit_GoesToTheFile()
    {
        using var spool = new Spool(folder.Path);
        spool.Write(new byte[Spool.MemoryLimit + 10]);

        Assert.Single(folder.Names);
    }

    [Fact]
    public void Dispose_NothingWritten_LeavesNothing()
    {
        new Spool(folder["never"]).Dispose();

        Assert.False(Directory.Exists(folder["never"]));
    }
}
