using FishCheckpoint.Api;
using FishCheckpoint.Errors;

await using var server = FishServer.Build(args);
try
{
    await server.StartFishAsync();
    await server.WaitForShutdownAsync();
    return 0;
}
catch (FishException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
