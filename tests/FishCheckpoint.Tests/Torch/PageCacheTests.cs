using FishCheckpoint.Interchange.Torch;
using Xunit;

namespace FishCheckpoint.Tests.Torch;

public sealed class PageCacheTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Read_MorePagesThanAreHeld_GivesTheSameBytes(int maxPages)
    {
        var random = new Random(maxPages);
        var data = new byte[20_004];
        random.NextBytes(data);
        var (cache, element) =
            (new PageCache(data.Length, (offset, bytes) => data.AsSpan((int)offset, bytes.Length).CopyTo(bytes), maxPages), new byte[4]);

        for (var turn = 0; turn < 2000; turn++)
        {
            var place = random.Next(data.Length / 4) * 4;
            cache.Read(place, element);
            Assert.Equal(data[place..(place + 4)], element);
        }
    }
}
