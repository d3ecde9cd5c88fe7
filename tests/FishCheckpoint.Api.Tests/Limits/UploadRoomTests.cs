using FishCheckpoint.Api.Limits;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Api.Tests.Limits;

public sealed class UploadRoomTests
{
    private readonly FakeDisk disk = new() { Free = 1000 << 20 };

    [Fact]
    public void Announced_Lengths_AreSetAsideTogether()
    {
        var room = Room(minFree: 100 << 20);
        using var first = room.Enter();
        first.Announce(500 << 20);
        using (var second = room.Enter())
        {
            second.Announce(400 << 20);
            using var third = room.Enter();
            Assert.Equal(ErrorCode.InsufficientStorage, Assert.Throws<FishException>(() => third.Announce(1)).Code);
        }

        using var fourth = room.Enter();
        fourth.Announce(400 << 20);
        Assert.Equal(900 << 20, room.Reserved);
    }

    [Fact]
    public void Received_Bytes_AreNotCountedTwice()
    {
        var room = Room(minFree: 100 << 20);
        using var first = room.Enter();
        first.Announce(500 << 20);
        for (var received = 0; received < 500 << 20; received += 10 << 20)
        {
            first.Receive(10 << 20);
            disk.Free -= 10 << 20;
        }

        using var second = room.Enter();
        second.Announce(400 << 20);
        Assert.Throws<FishException>(() => second.Announce(1));
    }

    [Fact]
    public void UnannouncedBody_IsBrokenOffWhereTheRoomEnds()
    {
        var room = Room(minFree: 100 << 20, maxTemporary: 64 << 20);
        using (var lease = room.Enter())
        {
            var received = 0L;
            var error = Assert.Throws<FishException>(() =>
            {
                for (; received < 1L << 30; received += 1 << 18)
                {
                    lease.Receive(1 << 18);
                }
            });
            Assert.Equal((ErrorCode.InsufficientStorage, 64L << 20), (error.Code, received));
        }

        Assert.Equal(0, room.Reserved);
    }

    [Fact]
    public void Disk_ThatOthersFillMeanwhile_IsNoticed()
    {
        var room = Room(minFree: 100 << 20);
        using var lease = room.Enter();
        lease.Announce(200 << 20);
        lease.Receive(20 << 20);
        disk.Free = 50 << 20;
        Assert.Throws<FishException>(() =>
        {
            for (var more = 0; more < 20; more++)
            {
                lease.Receive(1 << 20);
            }
        });
    }

    [Fact]
    public void Uploads_BeyondTheirNumber_AreRefusedUntilOneLeaves()
    {
        var room = Room(minFree: 0, uploads: 2);
        var (first, second) = (room.Enter(), room.Enter());
        Assert.Equal(ErrorCode.TooManyRequests, Assert.Throws<FishException>(() => room.Enter()).Code);
        first.Dispose();
        room.Enter().Dispose();
        second.Dispose();
    }

    [Fact]
    public void Length_NearTheEndOfNumbers_OverflowsNothing()
    {
        var room = Room(minFree: long.MaxValue / 2, maxTemporary: long.MaxValue);
        disk.Free = long.MaxValue;
        using var lease = room.Enter();
        lease.Announce(100);
        Assert.Throws<FishException>(() => lease.Announce(long.MaxValue));
        Assert.Equal(100, room.Reserved);
    }

    private UploadRoom Room(long minFree, long maxTemporary = 1L << 40, int uploads = 64) => new(
        new FishSettings { Limits = { MinFreeBytes = minFree, MaxTemporaryBytes = maxTemporary, MaxConcurrentUploads = uploads } }, disk);
}

/// <summary>A disk that has as much room as the test says.</summary>
internal sealed class FakeDisk : IDiskSpace
{
    public long Free { get; set; }

    /// <summary>What looking at the disk throws, if anything.</summary>
    public Exception? Fault { get; set; }

    public long FreeBytes(string folder) => Fault is null ? Free : throw Fault;
}
