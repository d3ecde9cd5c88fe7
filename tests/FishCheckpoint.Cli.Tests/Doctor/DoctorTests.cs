using System.Net;
using System.Text;
using FishCheckpoint.Access;
using FishCheckpoint.Cli.Doctor;
using FishCheckpoint.Cli.Tests.Commands;
using FishCheckpoint.Client;
using FishCheckpoint.Errors;
using Microsoft.Data.Sqlite;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Doctor;

public sealed class DoctorTests : CommandTest
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Uri Address = new("http://models.example:5080");

    private readonly Machine machine = new() { FreeBytes = _ => 500_000_000_000, FileSystem = _ => "ext4", Version = "1.2.3+abc" };

    [Fact]
    public async Task Doctor_OfASoundFolder_FindsNothingAndLeavesNoTrace()
    {
        await PrepareAsync();
        var before = Files();
        var checks = OfFolder(machine);
        Assert.Equal(before, Files());
        Assert.All(checks, check => Assert.Equal(Check.IsOk, check.Status));
        Assert.Equal(
            ["data folder", "writable", "file system", "space", "in use", "schema", "integrity", "store", "contents", "known damage",
            "clock"], checks.Select(check => check.Name));
        Assert.Equal("1 tasks, 1 bases", Found(checks, "contents"));
        Assert.Equal("by nobody", Found(checks, "in use"));
        Assert.Contains("integrity", (await FishAsync("doctor")).Output, StringComparison.Ordinal);

        await ServerAsync();
        Assert.Equal("by 1 process", Found(OfFolder(machine), "in use"));
    }

    [Fact]
    public async Task Doctor_OfNoFolder_SaysSoAndMakesNone()
    {
        Assert.Equal(Check.IsWarn, Of(OfFolder(machine), "data folder").Status);
        Assert.False(Directory.Exists(Data));
        Directory.CreateDirectory(Data);
        Assert.Equal(Check.IsWarn, Of(OfFolder(machine), "database").Status);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Data));
        await File.WriteAllTextAsync(Path.Combine(Data, "incomplete"), "", Stop);
        Assert.Equal(Check.IsFail, Of(OfFolder(machine), "data folder").Status);
        Directory.Delete(Data, recursive: true);
        await File.WriteAllTextAsync(Data, "a file", Stop);
        Assert.Equal((Check.IsFail, 3), (Of(OfFolder(machine), "data folder").Status, DoctorReport.Of("1", OfFolder(machine)).ExitCode()));
    }

    [Fact]
    public async Task Doctor_OfAMachineThatLacksSomething_SaysWhatToDo()
    {
        await PrepareAsync();
        var checks = ProgramChecks.Run(machine with { Sqlite = () => throw new DllNotFoundException("e_sqlite3") }).ToArray();
        Assert.Equal(Check.IsFail, Of(checks, "sqlite").Status);

        AssertIs(Check.IsWarn, machine with { FileSystem = _ => "nfs4" }, "file system");
        AssertIs(Check.IsOk, machine with { FileSystem = _ => null }, "file system");
        AssertIs(Check.IsFail, machine with { FileSystem = _ => throw new IOException("no table") }, "file system");
        AssertIs(Check.IsFail, machine with { FreeBytes = _ => 1000 }, "space", exit: 11);
        AssertIs(Check.IsWarn, machine with { FreeBytes = _ => 500_000_000 }, "space");
        AssertIs(Check.IsFail, machine with { FreeBytes = _ => throw new IOException("gone") }, "space");
        AssertIs(Check.IsWarn, machine with { Time = new FixedTime(Now.AddYears(-1)) }, "clock");
        AssertIs(Check.IsFail, machine with { Time = new FixedTime(DateTimeOffset.UnixEpoch) }, "clock", exit: 3);
        Assert.Contains("too short", Found(OfFolder(machine with { CheckTime = TimeSpan.Zero }), "integrity"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_OfAFolderThatCanOnlyBeRead_Warns()
    {
        await PrepareAsync();
        var reader = machine with { MayWrite = _ => false };
        AssertIs(Check.IsWarn, reader, "writable");
        Assert.StartsWith("read only: loading works, saving does not; ", Found(OfFolder(reader), "writable"), StringComparison.Ordinal);
        AssertIs(Check.IsOk, reader with { FreeBytes = _ => 0 }, "space");
        AssertIs(Check.IsFail, machine with { MayWrite = path => Path.GetFileName(path) != "bases" }, "writable");
        SetSchema(3);
        AssertIs(Check.IsFail, reader, "schema", exit: 10);
        Directory.Delete(Data, recursive: true);
        Directory.CreateDirectory(Data);
        AssertIs(Check.IsFail, reader, "writable");
    }

    [Fact]
    public async Task Doctor_OfADamagedDatabase_FailsAsDamage()
    {
        await PrepareAsync();
        var file = Path.Combine(Data, "fish.db");
        var bytes = await File.ReadAllBytesAsync(file, Stop);
        for (var page = 16_384; page + 100 < bytes.Length; page += 16_384)
        {
            bytes[page + 90] ^= 1;
        }

        await File.WriteAllBytesAsync(file, bytes, Stop);
        Assert.Equal(8, (await FishAsync("doctor")).Exit);
        Assert.Contains(OfFolder(machine), check => check is { Status: Check.IsFail, Kind: ErrorKind.Corrupt });

        await File.WriteAllTextAsync(file, "this is no database, and never was one", Stop);
        Assert.Equal(Check.IsFail, Of(OfFolder(machine), "database").Status);
        Assert.Equal(8, (await FishAsync("doctor")).Exit);
    }

    [Fact]
    public async Task Doctor_OfALogWithADamagedFrameBeforeCommits_FailsAndChangesNothing()
    {
        await PrepareAsync();
        await ServerAsync();
        (await FishOverHttpAsync("save", "task", "30", Write(Base.Change(3), "third"))).Succeeded();
        (await FishOverHttpAsync("save", "task", "40", Write(Base.Change(4), "fourth"))).Succeeded();
        var killed = Directory.CreateDirectory(PathOf("killed")).FullName;
        Copy(Data, killed, "fish.db");
        Copy(Data, killed, "fish.db-wal");
        var log = await File.ReadAllBytesAsync(Path.Combine(killed, "fish.db-wal"), Stop);
        log[9000] ^= 1;
        await File.WriteAllBytesAsync(Path.Combine(killed, "fish.db-wal"), log, Stop);
        var before = Files(killed);

        var ran = await RunAsync("doctor", "--data", killed);
        Assert.Equal(8, ran.Exit);
        Assert.Contains("Frame 1 of fish.db-wal is damaged", ran.Output, StringComparison.Ordinal);
        Assert.Contains("fishckpt repair", ran.Output, StringComparison.Ordinal);
        Assert.Equal(8, (await RunAsync("ls", "--data", killed)).Exit);
        Assert.Equal(before, Files(killed));
    }

    [Fact]
    public async Task Doctor_OfAnotherSchema_SaysWhatOpeningDoes()
    {
        await PrepareAsync();
        SetSchema(99);
        AssertIs(Check.IsFail, machine, "schema", exit: 9);
        SetSchema(3);
        AssertIs(Check.IsWarn, machine, "schema");
        Assert.Equal(3, GetSchema());
    }

    [Fact]
    public async Task Doctor_OfARealServer_SaysVersionClockAndKey()
    {
        await PrepareAsync();
        var real = machine with { Version = new Machine().Version };
        var checks = await OfServerAsync(real, new Uri(await ServerAsync()), null);
        Assert.All(checks, check => Assert.Equal(Check.IsOk, check.Status));
        Assert.Equal(["server", "server version", "server clock", "server store", "key", "store"], checks.Select(check => check.Name));

        var key = (await FishAsync("key", "add", "root", "--scope", "admin", "--json")).Json<NewKey>().Token;
        var reader = (await FishAsync("key", "add", "reader", "--scope", "read", "--json")).Json<NewKey>().Token;
        Assert.Equal("root, scope admin", Found(await OfServerAsync(real, new Uri(await ServerAsync()), key), "key"));
        Assert.Equal("reader, scope read", Found(await OfServerAsync(real, new Uri(await ServerAsync()), reader), "key"));
        Assert.Equal(
            (Check.IsFail, ErrorKind.Unauthenticated),
            Of(await OfServerAsync(real, new Uri(await ServerAsync()), null), "key") is var none ? (none.Status, none.Kind) : default);
        var ran = await FishOverHttpAsync("doctor", "--key", KeyToken.Create().Token);
        Assert.Equal(10, ran.Exit);
        Assert.Contains("unknown, revoked or expired", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_OfServersThatAreNotRight_SaysWhatIsWrong()
    {
        Task<IReadOnlyList<Check>> Ask(
            Func<string, HttpResponseMessage> answer, string? key = null, string address = "http://models.example:5080",
            DateTimeOffset? certificate = null) => OfServerAsync(
            machine with
            {
                Time = new FixedTime(Now), Connect = (server, _) => new HttpClient(new Scripted(answer)) { BaseAddress = server },
                    CertificateEnd = (_, _) => Task.FromResult(certificate),
            },
            new Uri(address), key);

        Assert.Equal(Check.IsFail, Of(await Ask(_ => throw new HttpRequestException("no route")), "server").Status);
        Assert.Contains(
            "--ca", Of(await Ask(_ => throw new HttpRequestException("The SSL connection could not be established")), "server").Advice,
            StringComparison.Ordinal);
        Assert.Contains(
            "proxy", Of(await Ask(_ => new HttpResponseMessage(HttpStatusCode.BadGateway)), "server").Advice, StringComparison.Ordinal);
        Assert.Equal(Check.IsWarn, Of(await Ask(_ => Answer()), "server version").Status);
        Assert.Equal(Check.IsWarn, Of(await Ask(_ => Answer(version: "2.0.0")), "server version").Status);
        Assert.Equal(Check.IsOk, Of(await Ask(_ => Answer(version: "1.2.3")), "server version").Status);
        Assert.Contains("behind", Found(await Ask(_ => Answer(date: Now.AddHours(-1))), "server clock"), StringComparison.Ordinal);
        Assert.Equal(Check.IsWarn, Of(await Ask(_ => Answer(date: Now.AddHours(1))), "server clock").Status);
        Assert.Equal(
            Check.IsWarn,
            Of(await Ask(route => Answer(text: route == "/readyz" ? "ready; known damage: 3, see" : "ok")), "server store").Status);
        Assert.Equal(
            "The disk is full.",
            Found(
                await Ask(route => route == "/readyz" ? Answer(HttpStatusCode.ServiceUnavailable, """{"cause":"The disk is full."}""")
                : Answer()), "server store"));
        Assert.Equal(
            Check.IsFail,
            Of(
                await Ask(route => route.StartsWith("/v1/tasks", StringComparison.Ordinal) ? Answer(HttpStatusCode.Forbidden) : Answer()),
                "key").Status);
        Assert.Equal(
            Check.IsWarn,
            Of(await Ask(_ => Answer(text: """{"name":"n","auth":{"accessToken":{"role":"read"}}}"""), key: "fish_x"), "transport").Status);
        Assert.Equal(
            Check.IsFail,
            Of(await Ask(_ => Answer(), address: "https://models.example", certificate: Now.AddDays(-1)), "certificate").Status);
        Assert.Equal(
            Check.IsWarn,
            Of(await Ask(_ => Answer(), address: "https://models.example", certificate: Now.AddDays(1)), "certificate").Status);
        Assert.Equal(
            Check.IsOk,
            Of(await Ask(_ => Answer(), address: "https://models.example", certificate: Now.AddDays(100)), "certificate").Status);
    }

    [Fact]
    public async Task Doctor_OfAServerThatDoesNotAnswer_GivesUp()
    {
        var patient = machine with
        {
            ServerPatience = TimeSpan.FromMilliseconds(50),
            Connect = (server, _) => new HttpClient(new Silent()) { BaseAddress = server },
        };
        Assert.Contains("no answer within", Found(await OfServerAsync(patient, Address, null), "server"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/data/store/x", "nfs4")]
    [InlineData("/data/store", "nfs4")]
    [InlineData("/data/storehouse", "xfs")]
    [InlineData("/with space/x", "fuse.sshfs")]
    [InlineData("/other", "overlay")]
    public void Mounts_OfAPath_AreTheInnermost(string path, string kind)
    {
        string[] table =
        [
            "21 1 0:20 / / rw,relatime - overlay overlay rw", "22 21 8:1 / /data rw shared:1 - ext4 /dev/sda1 rw",
            "23 22 8:2 / /data rw shared:2 - xfs /dev/sdb1 rw",
            "24 23 0:50 / /data/store rw shared:3 master:1 - nfs4 host:/export rw", "25 21 0:51 / /with\\040space rw - fuse.sshfs host: rw",
            "nonsense", "",
        ];
        Assert.Equal(kind, Mounts.KindOf(path, table));
        Assert.Equal(kind is "nfs4" or "fuse.sshfs", Mounts.IsRemote(kind));
    }

    [Theory]
    [InlineData(@"C:\data", DriveType.Fixed, "NTFS", "NTFS")]
    [InlineData(@"Z:\data", DriveType.Network, "NTFS", "smb")]
    [InlineData("/Volumes/data", DriveType.Network, "smbfs", "smbfs")]
    [InlineData(@"\\?\C:\data", DriveType.Fixed, "ReFS", "ReFS")]
    public void Mounts_WithoutATable_AreWhatTheDriveIs(string path, DriveType type, string format, string kind)
    {
        Assert.Equal(kind, Mounts.KindOf(path, asked => asked == path ? (type, format) : default));
        Assert.Equal(type == DriveType.Network, Mounts.IsRemote(kind));
    }

    [Fact]
    public void Mounts_OfAWindowsShare_AreRemoteWithoutADrive() =>
        Assert.True(Mounts.IsRemote(Mounts.KindOf(@"\\server\share\data", _ => throw new ArgumentException("A share is no drive."))));

    [Fact]
    public void Report_OfSeveralFailures_ExitsByTheWorst()
    {
        Check[] checks =
            [Check.Fail("a", "", "", ErrorKind.Forbidden), Check.Fail("b", "", "", ErrorKind.Full),
            Check.Fail("c", "", "", ErrorKind.Corrupt), Check.Warn("d", "", "")];
        Assert.Equal(8, DoctorReport.Of("1", checks).ExitCode());
        Assert.Equal(11, DoctorReport.Of("1", checks[..2]).ExitCode());
        Assert.Equal(10, DoctorReport.Of("1", checks[..1]).ExitCode());
        Assert.Equal((0, Check.IsWarn), (DoctorReport.Of("1", checks[3..]).ExitCode(), DoctorReport.Of("1", checks[3..]).Status));
    }

    private Check[] OfFolder(Machine on) => [.. new FolderChecks(on, Data).Run()];

    private static Task<IReadOnlyList<Check>> OfServerAsync(Machine on, Uri server, string? key) =>
        new ServerChecks(on, server, new FishClientOptions { Key = key }).RunAsync(Stop);

    private static Check Of(IEnumerable<Check> checks, string name) => checks.Single(check => check.Name == name);

    private static string Found(IEnumerable<Check> checks, string name) => Of(checks, name).Found;

    private void AssertIs(string status, Machine on, string name, int? exit = null)
    {
        var checks = OfFolder(on);
        var check = Of(checks, name);
        Assert.Equal(status, check.Status);
        Assert.Equal(status == Check.IsOk, check.Advice is null);
        Assert.Equal(exit ?? (status == Check.IsFail ? 9 : 0), DoctorReport.Of("1", checks).ExitCode());
    }

    private static HttpResponseMessage Answer(
        HttpStatusCode status = HttpStatusCode.OK, string text = "ok", string? version = null, DateTimeOffset? date = null)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(text, Encoding.UTF8, "text/plain") };
        response.Headers.Date = date ?? Now;
        if (version is not null)
        {
            response.Headers.Add("Fish-Version", version);
        }

        return response;
    }

    private void SetSchema(long schema) => OnDatabase(command =>
    {
        command.CommandText = $"PRAGMA user_version = {schema}";
        command.ExecuteNonQuery();
    });

    private long GetSchema()
    {
        var schema = 0L;
        OnDatabase(command =>
        {
            command.CommandText = "PRAGMA user_version";
            schema = (long)command.ExecuteScalar()!;
        });
        return schema;
    }

    private void OnDatabase(Action<SqliteCommand> run)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Data, "fish.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        run(command);
    }

    private (string, long, DateTime)[] Files(string? folder = null) =>
    [
        .. new DirectoryInfo(folder ?? Data).EnumerateFiles("*", SearchOption.AllDirectories)
            .OrderBy(file => file.FullName, StringComparer.Ordinal)
            .Select(file => (file.FullName, file.Length, file.LastWriteTimeUtc)),
    ];

    // A server has it open.
    private static void Copy(string from, string to, string name)
    {
        using var source = new FileStream(Path.Combine(from, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var target = File.Create(Path.Combine(to, name));
        source.CopyTo(target);
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private sealed class Scripted(Func<string, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(answer(request.RequestUri!.PathAndQuery));
    }

    private sealed class Silent : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromMinutes(1), cancellationToken);
            throw new InvalidOperationException();
        }
    }
}
