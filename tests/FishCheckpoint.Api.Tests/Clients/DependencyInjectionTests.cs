using System.Reflection;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Extensions.DependencyInjection;
using FishCheckpoint.Stores;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Xunit;

namespace FishCheckpoint.Api.Tests.Clients;

/// <summary>Programs that get their store from a container.</summary>
public sealed class DependencyInjectionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-di-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task EmbeddedStore_OfAHost_OpensAtItsStartAndClosesWithIt()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new("Store:DataFolder", folder), new("Store:DeletionGrace", "01:00:00")]);
        builder.Services.AddFishCheckpoint(builder.Configuration.GetSection("Store"));
        builder.Services.AddHealthChecks().AddFishCheckpoint(tags: ["ready"]);
        CheckpointStore store;
        using (var host = builder.Build())
        {
            await host.StartAsync(Stop);
            Assert.True(File.Exists(Path.Combine(folder, "fish.db")), "The store is not there.");
            store = Assert.IsType<CheckpointStore>(host.Services.GetRequiredService<IFishStore>());
            Assert.Equal(TimeSpan.FromHours(1), store.Options.DeletionGrace);
            Assert.Same(store.Bases, host.Services.GetRequiredService<IBases>());
            Assert.Same(store.Access, host.Services.GetRequiredService<IAccessControl>());
            var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Stop);
            Assert.Equal(HealthStatus.Healthy, health.Entries["fishcheckpoint"].Status);
            await host.StopAsync(Stop);
        }

        await Assert.ThrowsAnyAsync<Exception>(() => store.Tasks.GetAsync("task", Stop));
    }

    [Fact]
    public async Task EmbeddedStore_WithoutAHost_OpensWhenItIsFirstAskedFor()
    {
        var data = Path.Combine(folder, "data");
        var services = new ServiceCollection().AddFishCheckpoint(
            options => (options.DataFolder, options.Configure) = (data, made => made with { MaxChainDepth = 7 }));
        await using var provider = services.BuildServiceProvider();
        Assert.False(Directory.Exists(data));
        await provider.GetRequiredService<IBases>().AddAsync(
            "base", ModelUpload.FromStream(new MemoryStream(TestModel.Create(1).ToBytes())), Stop);
        Assert.Equal(7, Assert.IsType<CheckpointStore>(provider.GetRequiredService<IFishStore>()).Options.MaxChainDepth);
    }

    [Fact]
    public async Task EmbeddedStore_ThatCannotOpen_KeepsTheHostFromStarting()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddFishCheckpoint(options => (options.DataFolder, options.MustExist) = (Path.Combine(folder, "none"), true));
        using var host = builder.Build();
        Assert.Equal(ErrorCode.StoreNotFound, (await Assert.ThrowsAsync<FishException>(() => host.StartAsync(Stop))).Code);
    }

    [Theory]
    [InlineData("DataFolder", " ")]
    [InlineData("DeletionGrace", "-00:00:01")]
    [InlineData("MaxReadCost", "0.5")]
    public async Task Options_ThatCannotBe_AreRefusedAtTheStart(string key, string value)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new($"Store:{key}", value)]);
        builder.Services.AddFishCheckpoint(builder.Configuration.GetSection("Store"));
        using var host = builder.Build();
        Assert.Contains(
            key, (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_OfAServer_IsTheStore()
    {
        var server = await ApiServer.StartAsync();
        var services = new ServiceCollection().AddFishCheckpointClient(options => options.Server = server.Client.BaseAddress);
        services.AddLogging().AddHealthChecks().AddFishCheckpoint("server");
        await using var provider = services.BuildServiceProvider();
        Assert.IsType<FishClient>(provider.GetRequiredService<IFishStore>());
        Assert.Equal(ErrorCode.TaskNotFound, (
            await Assert.ThrowsAsync<FishException>(() => provider.GetRequiredService<ITasks>().GetAsync("none", Stop))).Code);
        Assert.Equal(HealthStatus.Healthy, (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Stop)).Status);

        await server.DisposeAsync();
        Assert.Equal(HealthStatus.Unhealthy, (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Stop)).Status);
    }

    [Fact]
    public void Client_WithoutAServer_IsRefused()
    {
        using var provider = new ServiceCollection().AddFishCheckpointClient(options => options.Key = "key").BuildServiceProvider();
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IFishStore>());
    }

    [Fact]
    public void Sample_OfAnEmbeddedStore_SavesAndLoads()
    {
        var sample = Assembly.Load("EmbeddedSample").EntryPoint!;
        Assert.Equal(0, sample.Invoke(null, [new[] { folder }]));
        Assert.True(File.Exists(Path.Combine(folder, "restored.safetensors")), "Nothing was restored.");
    }
}
